namespace Weir.Kernels.Cuda;

/// <summary>What the emulator pretends to be.</summary>
public sealed record EmulatorOptions
{
    /// <summary>Compute capability: 80, or 90 for the Hopper bodies.</summary>
    public int Capability { get; init; } = 80;

    /// <summary>Multiprocessors, which launch shapes depend on.</summary>
    public int Multiprocessors { get; init; } = 4;

    /// <summary>
    /// Draws the order in which threads and blocks run and asynchronous copies land; 0 runs threads in their order and
    /// lands copies last.
    /// </summary>
    public long Seed { get; init; } = 1;
}
