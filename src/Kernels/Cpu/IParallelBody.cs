namespace Weir.Kernels.Cpu;

/// <summary>A loop body for <see cref="CpuWorkers.For{TBody}"/>.</summary>
internal interface IParallelBody
{
    /// <summary>Does one chunk. What it writes must not depend on the worker.</summary>
    /// <param name="chunk">Which chunk.</param>
    /// <param name="worker">Which worker runs it; names its scratch memory.</param>
    void Run(int chunk, int worker);
}
