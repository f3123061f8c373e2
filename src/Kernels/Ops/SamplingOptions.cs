namespace Weir.Kernels.Ops;

/// <summary>How one row's next token is drawn.</summary>
/// <param name="Temperature">Logits are divided by this; 0 is greedy, the lower id first where equal.</param>
/// <param name="TopK">Keeps the k largest logits; 0 keeps all.</param>
/// <param name="TopP">Keeps the smallest set of largest probabilities that sums to at least this; 1 keeps all.</param>
/// <param name="Uniform">The draw, in [0, 1).</param>
public readonly record struct SamplingOptions(float Temperature, int TopK, float TopP, double Uniform);
