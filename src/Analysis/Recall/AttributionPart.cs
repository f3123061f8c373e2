using Weir.Analysis.Statistics;

namespace Weir.Analysis.Recall;

/// <summary>What one component adds to a value.</summary>
/// <param name="Kind">The kind of component.</param>
/// <param name="Layer">Its block, or -1.</param>
/// <param name="Head">Its head, or -1.</param>
/// <param name="Values">What it adds on each prompt, in the unit of the value (logits).</param>
public sealed record AttributionPart(AttributionKind Kind, int Layer, int Head, double[] Values)
{
    /// <summary>The mean over the prompts that have one.</summary>
    public double Mean => Bootstrap.Average(Values);

    /// <summary>Its name: embedding, L3H1, MLP3, ...</summary>
    public string Name => Kind switch
    {
        AttributionKind.Head => $"L{Layer}H{Head}",
        AttributionKind.Mlp => $"MLP{Layer}",
        AttributionKind.AttentionBias => $"attention bias {Layer}",
        AttributionKind.Embedding => "embedding",
        AttributionKind.Positions => "positions",
        AttributionKind.NormBias => "final norm bias",
        _ => "unembedding bias",
    };
}
