namespace Weir.Kernels.Cuda;

/// <summary>A kernel that makes and digests the logits of a lens: how it divides its work.</summary>
/// <param name="Kernel">Which.</param>
/// <param name="Path">How it multiplies.</param>
/// <param name="TileSlots">Slots that a block of threads works on.</param>
/// <param name="BlockSlots">Slots among which a row must have its reference.</param>
/// <param name="Threads">Threads a block.</param>
/// <param name="SharedBytes">Dynamic shared memory a block.</param>
/// <param name="BlocksPerMultiprocessor">Blocks that run on a multiprocessor at once.</param>
/// <param name="StateBytes">Bytes of a row of states in scratch memory; 0 where they are read where they are.</param>
internal readonly record struct LensBody(
    CudaKernel Kernel, LensPath Path, int TileSlots, int BlockSlots, int Threads, int SharedBytes, int BlocksPerMultiprocessor, long StateBytes);

/// <summary>How a lens multiplies.</summary>
internal enum LensPath
{
    /// <summary>In f32: kernels/lens.cu.</summary>
    Chains,

    /// <summary>In 16 bits on Ampere's tensor cores: kernels/lens_mma.cu.</summary>
    Mma,

    /// <summary>In 16 bits on Hopper's: kernels/lens_hopper.cu.</summary>
    Hopper,
}
