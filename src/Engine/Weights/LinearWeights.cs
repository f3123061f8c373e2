using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>A linear layer on a device.</summary>
/// <param name="Matrix">W [outputs, inputs].</param>
/// <param name="Bias">F32 [outputs], or absent.</param>
internal sealed record LinearWeights(WeightMatrix Matrix, Tensor Bias);
