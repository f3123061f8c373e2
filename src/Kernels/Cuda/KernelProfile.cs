namespace Weir.Kernels.Cuda;

/// <summary>What a profile saw of one kernel.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="File">The file under kernels/, without its ending; empty for a caller's own code.</param>
/// <param name="Launches">Its launches in their order.</param>
/// <param name="Facts">What the driver says of it at the launch shape that took most of the time.</param>
/// <param name="Occupancy">Threads that a multiprocessor holds at that shape, as a part of the most that it can hold.</param>
public sealed record KernelProfile(string Kernel, string File, IReadOnlyList<ProfiledLaunch> Launches, CudaFunctionFacts Facts, double Occupancy)
{
    /// <summary>Time of all launches.</summary>
    public double Seconds { get; } = Launches.Sum(l => l.Seconds);

    /// <summary>Bytes of all launches.</summary>
    public double Bytes { get; } = Launches.Sum(l => (double)l.Bytes);

    /// <summary>Floating-point operations of all launches.</summary>
    public double Flops { get; } = Launches.Sum(l => (double)l.Flops);
}
