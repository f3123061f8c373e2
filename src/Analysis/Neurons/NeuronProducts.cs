namespace Weir.Analysis.Neurons;

/// <summary>Vectors times tokens, each product summed in f64 and rounded once to f32; arrays are flat.</summary>
/// <param name="Plain">s = W_U w.</param>
/// <param name="Cosines">s / (|w| |token|).</param>
/// <param name="Full">The product behind the full final norm, or empty where nobody asked for it.</param>
public sealed record NeuronProducts(float[] Plain, float[] Cosines, float[] Full);
