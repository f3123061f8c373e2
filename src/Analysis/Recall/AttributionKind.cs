namespace Weir.Analysis.Recall;

/// <summary>A component of the sum that makes a logit.</summary>
public enum AttributionKind
{
    /// <summary>The token's embedding.</summary>
    Embedding,

    /// <summary>The learned position's embedding.</summary>
    Positions,

    /// <summary>A head, without the bias of its values.</summary>
    Head,

    /// <summary>Of an attention, what no head chooses: the biases of its values, its output and its post-norm.</summary>
    AttentionBias,

    /// <summary>An MLP.</summary>
    Mlp,

    /// <summary>The bias of the norm in front of the unembedding.</summary>
    NormBias,

    /// <summary>The bias of the unembedding.</summary>
    UnembeddingBias,
}
