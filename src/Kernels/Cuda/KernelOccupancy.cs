namespace Weir.Kernels.Cuda;

/// <summary>
/// How many blocks of a kernel one multiprocessor holds, as the driver's occupancy calculator counts them: by threads,
/// registers, shared memory and the number of blocks itself.
/// </summary>
internal static class KernelOccupancy
{
    private const int Warp = 32;
    private const int Threads = 2048;
    private const int Blocks = 32;
    private const int Registers = 65536;
    private const int RegistersAtATime = 256; // A warp's are given out so.
    private const int SharedAtATime = 128;
    private const int SharedOfSystem = 1024; // Each block's.

    /// <summary>Blocks on a multiprocessor of compute capability 8.0, or 9.0.</summary>
    public static int BlocksOf(KernelResources kernel, int threads, int dynamicSharedBytes, int capability)
    {
        int sharedBytes = capability >= 90 ? 228 << 10 : 164 << 10;
        int warps = CeilDiv(threads, Warp);
        int ofWarp = CeilDiv(kernel.Registers * Warp, RegistersAtATime) * RegistersAtATime;
        int shared = CeilDiv(kernel.SharedBytes + dynamicSharedBytes + SharedOfSystem, SharedAtATime) * SharedAtATime;
        return new[] { Blocks, Threads / (warps * Warp), Registers / ofWarp / warps, sharedBytes / shared }.Min();
    }

    private static int CeilDiv(int a, int b) => (a + b - 1) / b;
}
