namespace Weir.Kernels.Cuda;

/// <summary>What the compiler made of a kernel for one target.</summary>
/// <param name="File">The file under kernels/.</param>
/// <param name="Kernel">Its name.</param>
/// <param name="Target">The architecture that it was compiled for: sm_80, sm_90 (the same PTX on Hopper) or sm_90a.</param>
/// <param name="Registers">Registers a thread.</param>
/// <param name="SharedBytes">Static shared memory a block.</param>
/// <param name="StackBytes">Stack frame of a thread, in local memory.</param>
/// <param name="SpillStoreBytes">Registers that did not fit, written to local memory.</param>
/// <param name="SpillLoadBytes">And read back.</param>
/// <param name="CodeBytes">Machine code.</param>
/// <param name="StackReason">Why it has a stack frame; empty where it has none.</param>
public sealed record KernelResources(
    string File, string Kernel, string Target, int Registers, int SharedBytes, int StackBytes, int SpillStoreBytes, int SpillLoadBytes, int CodeBytes, string StackReason);
