using System.Globalization;

namespace Weir.Engine.Weights;

/// <summary>One neuron's vector in one matrix of an MLP.</summary>
/// <param name="Layer">Its block.</param>
/// <param name="Matrix">Where it lies.</param>
/// <param name="Index">The neuron.</param>
public readonly record struct MlpVector(int Layer, MlpMatrix Matrix, int Index)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Matrix.ToString().ToLowerInvariant()} {Layer}.{Index}");
}
