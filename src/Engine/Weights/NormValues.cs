namespace Weir.Engine.Weights;

/// <summary>What a norm does behind its division: x gain + bias.</summary>
/// <param name="Gain">[width], a family's gain offset in it.</param>
/// <param name="Bias">[width], or null.</param>
/// <param name="IsCentered">True where it takes the mean away first (LayerNorm).</param>
public sealed record NormValues(float[] Gain, float[]? Bias, bool IsCentered);
