namespace Weir.Kernels.Cuda;

/// <summary>What the compiler made of a kernel.</summary>
/// <param name="Registers">Registers a thread.</param>
/// <param name="SharedBytes">Static shared memory a block.</param>
/// <param name="LocalBytes">Local memory a thread: spills and stack.</param>
/// <param name="BlocksPerMultiprocessor">Blocks that fit one multiprocessor at the block size asked about.</param>
public readonly record struct CudaFunctionFacts(int Registers, int SharedBytes, int LocalBytes, int BlocksPerMultiprocessor);
