namespace Weir.Kernels.Cuda;

/// <summary>What a launch must at least do, for rates: each operand's bytes once, and arithmetic.</summary>
/// <param name="Bytes">Bytes read and written in device memory.</param>
/// <param name="Flops">Floating-point operations, a multiply-add as two.</param>
internal readonly record struct KernelWork(long Bytes, long Flops = 0);
