namespace Weir.Kernels.Bench;

/// <summary>What one call of an op does at least.</summary>
/// <param name="Flops">Floating-point operations, a multiply-add as two; a transcendental function as one.</param>
/// <param name="Bytes">Bytes read and written once.</param>
public readonly record struct Work(double Flops, double Bytes);
