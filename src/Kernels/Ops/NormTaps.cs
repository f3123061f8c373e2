namespace Weir.Kernels.Ops;

/// <summary>Intermediate values of a norm that the caller wants written; absent tensors are not.</summary>
/// <param name="Scale">F32 [n, groups]: sqrt(mean square or variance + epsilon).</param>
/// <param name="Normalized">F32, x's shape: the value before gain and bias.</param>
public readonly record struct NormTaps(Tensor Scale, Tensor Normalized);
