using Weir.Engine.Weights;

namespace Weir.Analysis.Neurons;

/// <summary>A vector of the weights beside a direction.</summary>
/// <param name="Vector">Which.</param>
/// <param name="Cosine">cos(w, t).</param>
/// <param name="Norm">|w|.</param>
public readonly record struct AlignedVector(MlpVector Vector, double Cosine, double Norm);
