namespace Weir.Analysis.Depth;

/// <summary>What <see cref="DepthProfile"/> measures of a layer at a token.</summary>
public enum DepthMeasure
{
    /// <summary>|a_l| / |h_l|.</summary>
    AttentionRatio,

    /// <summary>|m_l| / |h_l + a_l|.</summary>
    MlpRatio,

    /// <summary>|a_l + m_l| / |h_l|.</summary>
    LayerRatio,

    /// <summary>cos(a_l, h_l): about 0 for a new feature, below 0 for erasing, above 0 for strengthening.</summary>
    AttentionCosine,

    /// <summary>cos(m_l, h_l + a_l).</summary>
    MlpCosine,

    /// <summary>cos(a_l + m_l, h_l).</summary>
    LayerCosine,

    /// <summary>cos(h_l, h_l+1).</summary>
    ResidualCosine,

    /// <summary>|h_l|, l = 0..L.</summary>
    ResidualNorm,

    /// <summary>|a_l|.</summary>
    AttentionNorm,

    /// <summary>|m_l|.</summary>
    MlpNorm,

    /// <summary>KL(P_l || P_L) in nats, P_l = softmax(W_out Norm(h_l)), l = 0..L.</summary>
    LensDivergence,

    /// <summary>Share of the 5 most probable tokens of P_l that are among those of P_L, l = 0..L.</summary>
    LensOverlap,
}
