namespace Weir.Kernels.Cuda;

/// <summary>A library that Weir can use.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Files">The names under which it is looked for, newest first.</param>
/// <param name="Path">Where it is, or null where it is not found.</param>
public sealed record CudaLibraryListing(string Name, IReadOnlyList<string> Files, string? Path);
