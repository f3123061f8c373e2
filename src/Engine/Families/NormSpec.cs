namespace Weir.Engine.Families;

/// <summary>A normalization and its constants.</summary>
/// <param name="Kind">Which formula.</param>
/// <param name="Epsilon">Added to the variance or mean square before the root.</param>
/// <param name="GainOffset">Added to every gain weight (Gemma: 1).</param>
public sealed record NormSpec(NormKind Kind, float Epsilon, float GainOffset = 0);
