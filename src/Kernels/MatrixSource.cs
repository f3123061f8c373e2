namespace Weir.Kernels;

/// <summary>A weight matrix W [outputs, inputs] in host memory, possibly in several parts.</summary>
/// <param name="Inputs">Width of the product's operand.</param>
/// <param name="Outputs">Width of the product's result.</param>
/// <param name="Type">Element type of every part.</param>
/// <param name="Parts">The parts, in the order of their output features.</param>
public sealed record MatrixSource(int Inputs, int Outputs, ElementType Type, IReadOnlyList<MatrixPart> Parts)
{
    /// <summary>Refuses what no device can load.</summary>
    /// <exception cref="ArgumentException">The type is not one of weights, or the parts do not make the matrix.</exception>
    internal void Validate()
    {
        if (Type == ElementType.I32)
        {
            throw new ArgumentException("Weights are f32, bf16 or f16.", nameof(Type));
        }

        long outputs = 0;
        foreach (MatrixPart part in Parts)
        {
            outputs += part.Outputs;
        }

        if (outputs != Outputs || Inputs < 0)
        {
            throw new ArgumentException($"Parts with {outputs} outputs do not make a matrix with {Outputs}.", nameof(Parts));
        }
    }
}
