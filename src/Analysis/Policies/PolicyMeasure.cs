namespace Weir.Analysis.Policies;

/// <summary>
/// What is measured of a layer's policies. H^l is the residual behind layer l, A^l and F^l are what attention and FFN add to
/// it; entropies and divergences are in nats over the whole vocabulary.
/// </summary>
public enum PolicyMeasure
{
    /// <summary>Entropy of H^(l-1).</summary>
    LayerInputEntropy,

    /// <summary>Entropy of what attention reads, LN_in(H^(l-1)).</summary>
    AttentionInputEntropy,

    /// <summary>Entropy of A^l.</summary>
    AttentionEntropy,

    /// <summary>Entropy of what the FFN reads: LN_post of the residual behind attention.</summary>
    FfnInputEntropy,

    /// <summary>Entropy of F^l.</summary>
    FfnEntropy,

    /// <summary>Entropy of H^l.</summary>
    LayerEntropy,

    /// <summary>Entropy of H^l less that of H^(l-1).</summary>
    LayerChange,

    /// <summary>Entropy of A^l less that of what attention reads.</summary>
    AttentionChange,

    /// <summary>Entropy of F^l less that of what the FFN reads.</summary>
    FfnChange,

    /// <summary>KL(policy of A^l || the model's own).</summary>
    AttentionDivergence,

    /// <summary>KL(policy of F^l || the model's own).</summary>
    FfnDivergence,

    /// <summary>KL(policy of H^l || the model's own).</summary>
    LayerDivergence,

    /// <summary>Share of the first tokens of H^l's policy that are among the model's own first.</summary>
    LayerOverlap,

    /// <summary>Cosine of A^l with the residual it is added to, H^(l-1).</summary>
    AttentionCosine,

    /// <summary>Cosine of F^l with the residual it is added to, H^(l-1) + A^l.</summary>
    FfnCosine,
}
