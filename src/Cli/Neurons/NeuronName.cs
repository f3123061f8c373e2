using System.CommandLine;
using System.Globalization;
using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Cli.Neurons;

/// <summary>A neuron as the user names it: LAYER.NEURON.</summary>
/// <param name="Layer">Its block.</param>
/// <param name="Index">Its number there.</param>
internal readonly record struct NeuronName(int Layer, int Index)
{
    /// <summary>The argument of the verbs that take one.</summary>
    public static Argument<string?> Argument() => new("LAYER.NEURON")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "a neuron, such as 6.149: layer and number, both from 0",
    };

    /// <summary>Reads a name.</summary>
    public static NeuronName Parse(string? text)
    {
        string[] words = text?.Split('.') ?? throw new UsageException("A neuron is missing: LAYER.NEURON, such as 6.149.");
        return words.Length == 2 && Number(words[0]) is { } layer && Number(words[1]) is { } index
            ? new NeuronName(layer, index)
            : throw new UsageException($"'{text}' is no neuron; name one as LAYER.NEURON, such as 6.149.");
    }

    /// <summary>Refuses a neuron that the model has not.</summary>
    public void Require(ModelSpec spec)
    {
        if (Layer >= spec.Layers || Index >= spec.Mlp.Width)
        {
            throw new WeirException($"There is no neuron {this}: the model has layers 0 to {spec.Layers - 1} with neurons 0 to {spec.Mlp.Width - 1}.");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Layer}.{Index}");

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null;
}
