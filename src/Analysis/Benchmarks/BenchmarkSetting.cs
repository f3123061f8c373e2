using Weir.Kernels;

namespace Weir.Analysis.Benchmarks;

/// <summary>Where and how large cases are measured.</summary>
/// <param name="Device">The device.</param>
/// <param name="Shapes">The shapes.</param>
public sealed record BenchmarkSetting(IDevice Device, BenchmarkShapes Shapes);
