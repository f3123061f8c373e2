namespace Weir.Engine.Families;

/// <summary>Where a norm's gain and bias stand in the checkpoint.</summary>
/// <param name="Width">Elements of a row.</param>
/// <param name="Gain">Name of the gain, or null for a gain of 1.</param>
/// <param name="Bias">Name of the bias, or null.</param>
public sealed record NormSource(int Width, string? Gain, string? Bias = null);
