namespace Weir.Kernels.Cuda;

/// <summary>A GPU of this machine.</summary>
/// <param name="Name">The name that opens it: cuda:0.</param>
/// <param name="Facts">What it is, or null where it cannot be used.</param>
/// <param name="FreeBytes">Memory that is free now.</param>
/// <param name="Problem">Why it cannot be used, or null.</param>
public sealed record CudaDeviceListing(string Name, CudaFacts? Facts, long FreeBytes, string? Problem);
