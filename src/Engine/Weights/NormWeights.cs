using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>A norm on a device.</summary>
/// <param name="Gain">F32 [width].</param>
/// <param name="Bias">F32 [width], or absent.</param>
internal sealed record NormWeights(Tensor Gain, Tensor Bias);
