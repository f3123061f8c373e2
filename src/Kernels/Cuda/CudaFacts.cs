namespace Weir.Kernels.Cuda;

/// <summary>What a CUDA device is.</summary>
/// <param name="Name">The vendor's name for it.</param>
/// <param name="Capability">Compute capability, 90 for 9.0.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="TotalBytes">Memory.</param>
/// <param name="L2Bytes">Second-level cache.</param>
/// <param name="SharedBytesPerBlock">Most shared memory that a block can ask for.</param>
/// <param name="DriverVersion">CUDA version of the driver, 12040 for 12.4.</param>
/// <param name="IsEmulated">True where kernels run on the host and times say nothing about a GPU.</param>
public sealed record CudaFacts(
    string Name, int Capability, int Multiprocessors, long TotalBytes, long L2Bytes, int SharedBytesPerBlock, int DriverVersion, bool IsEmulated)
{
    /// <summary>Most threads that one multiprocessor holds at a time.</summary>
    public int ThreadsPerMultiprocessor { get; init; } = 2048;
}
