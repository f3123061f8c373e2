namespace Weir.Kernels.Cuda;

/// <summary>A kernel that makes and digests the logits of a lens: how it divides its work.</summary>
/// <param name="Kernel">Which.</param>
/// <param name="TileSlots">Slots that a block of threads works on.</param>
/// <param name="BlockSlots">Slots among which a row must have its reference.</param>
/// <param name="Threads">Threads a block.</param>
/// <param name="BlocksPerMultiprocessor">Blocks that run on a multiprocessor at once.</param>
/// <param name="StateBytes">Bytes of a row of states as the kernel reads it.</param>
internal readonly record struct LensBody(
    CudaKernel Kernel, int TileSlots, int BlockSlots, int Threads, int BlocksPerMultiprocessor, long StateBytes);
