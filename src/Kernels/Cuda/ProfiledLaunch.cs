namespace Weir.Kernels.Cuda;

/// <summary>One launch of a kernel as a profile saw it.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="File">The file under kernels/, without its ending; empty for a caller's own code.</param>
/// <param name="Grid">Blocks.</param>
/// <param name="Threads">Threads a block.</param>
/// <param name="SharedBytes">Dynamic shared memory a block.</param>
/// <param name="Bytes">Fewest bytes that it had to move in device memory.</param>
/// <param name="Flops">Floating-point operations that it had to do.</param>
/// <param name="Start">Seconds from the begin of the profile, on the device's clock.</param>
/// <param name="Seconds">Time that it took.</param>
public readonly record struct ProfiledLaunch(
    string Kernel, string File, Grid Grid, int Threads, int SharedBytes, long Bytes, long Flops, double Start, double Seconds);
