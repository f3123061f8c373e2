namespace Weir.Engine.Families;

/// <summary>The two normalizations of the supported families.</summary>
public enum NormKind
{
    /// <summary>(x - mean) / sqrt(var + eps) * gain + bias.</summary>
    LayerNorm,

    /// <summary>x / sqrt(mean(x^2) + eps) * (gain + offset).</summary>
    RmsNorm,
}
