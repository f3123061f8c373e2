using Weir.Engine.Lens;
using Weir.Engine.Weights;

namespace Weir.Analysis.Neurons;

/// <summary>
/// How neurons' vectors are decoded into tokens, s = W_U w and p = softmax(s) (arXiv 2501.02688 for up rows). The paper
/// leaves norm and gain open; the first of each is the default.
/// </summary>
public sealed record NeuronReading
{
    /// <summary>Whose vectors.</summary>
    public MlpMatrix Matrix { get; init; } = MlpMatrix.Up;

    /// <summary>What stands in front of the unembedding.</summary>
    public NeuronNorm Norm { get; init; } = NeuronNorm.None;

    /// <summary>
    /// True multiplies a row by the gain of the norm in front of the MLP, which gives the direction in the residual that it
    /// reads. Columns of the down projection are not read through that norm.
    /// </summary>
    public bool InputGain { get; init; }

    /// <summary>Rows that stand for tokens.</summary>
    public LensBasis Basis { get; init; } = LensBasis.Unembedding;

    /// <summary>One line for outputs: which vectors through what.</summary>
    public override string ToString() =>
        $"{Matrix.ToString().ToLowerInvariant()} vectors, norm {Norm.ToString().ToLowerInvariant()}, input gain {(InputGain ? "on" : "off")}, {Basis.ToString().ToLowerInvariant()}";
}
