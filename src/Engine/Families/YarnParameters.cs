namespace Weir.Engine.Families;

/// <summary>The parameters of YaRN under transformers' names.</summary>
public sealed record YarnParameters
{
    /// <summary>Factor by which the context grows.</summary>
    public required double Factor { get; init; }

    /// <summary>Context length of the pre-training (original_max_position_embeddings).</summary>
    public required double OriginalContext { get; init; }

    /// <summary>Turns within the original context from which on a dimension is fast.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>Turns within the original context up to which a dimension is slow.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>The final factor on cos and sin (attention_factor), or null to compute it.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>Weight of ln(factor) in the numerator of the computed factor; counts only with <see cref="MscaleAllDim"/>.</summary>
    public double? Mscale { get; init; }

    /// <summary>Weight of ln(factor) in its denominator.</summary>
    public double? MscaleAllDim { get; init; }

    /// <summary>True to round the ramp's ends to whole dimensions.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>The factor on cos and sin: 0.1 ln(factor) + 1 where nothing else is said.</summary>
    public double Magnitude => AttentionFactor
        ?? (Mscale is { } m && MscaleAllDim is { } all && m != 0 && all != 0 ? Scale(m) / Scale(all) : Scale(1));

    private double Scale(double weight) => Factor <= 1 ? 1 : 0.1 * weight * Math.Log(Factor) + 1;
}
