namespace Weir.Kernels.Cuda;

/// <summary>Blocks of a launch.</summary>
/// <param name="X">In x; up to 2^31 - 1.</param>
/// <param name="Y">In y; up to 65,535.</param>
/// <param name="Z">In z; up to 65,535.</param>
public readonly record struct Grid(int X, int Y = 1, int Z = 1);
