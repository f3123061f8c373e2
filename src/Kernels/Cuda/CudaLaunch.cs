namespace Weir.Kernels.Cuda;

/// <summary>One launch of a kernel.</summary>
/// <param name="Function">The driver's handle.</param>
/// <param name="Kernel">Its name, for errors.</param>
/// <param name="Grid">Blocks.</param>
/// <param name="Threads">Threads a block, in x.</param>
/// <param name="SharedBytes">Dynamic shared memory a block.</param>
/// <param name="Arguments">Address of the argument struct.</param>
/// <param name="ArgumentBytes">Its size.</param>
internal readonly record struct CudaLaunch(nint Function, string Kernel, Grid Grid, int Threads, int SharedBytes, nint Arguments, int ArgumentBytes)
{
    public override string ToString() => $"{Kernel}, grid ({Grid.X}, {Grid.Y}, {Grid.Z}), {Threads} threads, {SharedBytes} bytes of dynamic shared memory";
}
