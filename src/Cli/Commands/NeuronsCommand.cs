namespace Weir.Cli.Commands;

/// <summary>weir neurons: what MLP neurons stand for, and what they do.</summary>
internal sealed class NeuronsCommand : VerbGroup
{
    /// <summary>Makes the verb.</summary>
    public NeuronsCommand() : base(
        "neurons", "decodes MLP neurons into tokens, holds them at values, compares checkpoints and takes concepts out of the weights",
        new NeuronsMapCommand(), new NeuronsFindCommand(), new NeuronsShowCommand(), new NeuronsClampCommand(), new NeuronsDiffCommand(), new NeuronsEditCommand())
    {
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        A neuron's vector w goes through the unembedding like a state: s = W_U w, p = softmax(s). A vector as stored is short, so that its p is small and close to even; ranks count, and what random vectors of the same length give stands beside them.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir neurons find France --matrix down",
        "weir neurons show 6.149",
        "weir neurons clamp 6.149 --site product --target France",
    ];
}
