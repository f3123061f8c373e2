namespace Weir.Engine.Families;

/// <summary>Where a norm's gain and bias stand in the checkpoint.</summary>
/// <param name="Gain">Name of the gain.</param>
/// <param name="Bias">Name of the bias, or null.</param>
public sealed record NormSource(string Gain, string? Bias = null);
