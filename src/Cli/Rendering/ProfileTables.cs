using Weir.Analysis.Benchmarks;
using Weir.Kernels.Cuda;

namespace Weir.Cli.Rendering;

/// <summary>What a profile saw, kernel by kernel, or one kernel launch shape by launch shape.</summary>
/// <param name="terminal">Where it goes.</param>
/// <param name="profile">The profile.</param>
/// <param name="limits">What the device can do.</param>
internal sealed class ProfileTables(Terminal terminal, CudaProfile profile, GpuLimits limits)
{
    /// <summary>All kernels, the one that took most time first.</summary>
    public void WriteKernels()
    {
        double all = profile.Kernels.Sum(k => k.Seconds);
        var table = new TextTable(terminal).Column("kernel").Column("calls", right: true).Column("ms", right: true).Column("share", right: true)
            .Column("GB/s", right: true).Column("TFLOP/s", right: true).Column("of limit", right: true).Column("registers", right: true).Column("occupancy", right: true);
        foreach (KernelProfile k in profile.Kernels)
        {
            table.Row(
                k.Kernel,
                Text.Of(k.Launches.Count),
                Text.Fixed(k.Seconds * 1e3, 3),
                Share(k.Seconds / all),
                Rate(k.Bytes / k.Seconds / 1e9),
                Rate(k.Flops / k.Seconds / 1e12),
                Share(limits.ShareOf(k.Bytes, k.Flops, k.Seconds)),
                k.Facts.Registers > 0 ? Text.Of(k.Facts.Registers) : "-",
                Share(k.Occupancy > 0 ? k.Occupancy : null));
        }

        table.Write();
    }

    /// <summary>Where a kernel's source is, what the compiler made of it, and how it was launched.</summary>
    public void WriteKernel(KernelProfile kernel)
    {
        terminal.Output.WriteLine(kernel.File.Length > 0 ? $"{kernel.Kernel}, in kernels/{kernel.File}.cu" : $"{kernel.Kernel}, a caller's own code");
        CudaFunctionFacts f = kernel.Facts;
        terminal.Output.WriteLine($"{f.Registers} registers and {f.LocalBytes} bytes of local memory a thread, {Text.Grouped(f.SharedBytes)} bytes of static shared memory a block");
        terminal.Output.WriteLine();
        var table = new TextTable(terminal).Column("grid").Column("threads", right: true).Column("dynamic shared", right: true).Column("calls", right: true).Column("ms", right: true)
            .Column("us a call", right: true).Column("GB/s", right: true).Column("TFLOP/s", right: true).Column("of limit", right: true);
        foreach (var shape in kernel.Launches.GroupBy(l => (l.Grid, l.Threads, l.SharedBytes)).OrderByDescending(g => g.Sum(l => l.Seconds)))
        {
            double seconds = shape.Sum(l => l.Seconds), bytes = shape.Sum(l => (double)l.Bytes), flops = shape.Sum(l => (double)l.Flops);
            table.Row(
                $"{shape.Key.Grid.X} x {shape.Key.Grid.Y} x {shape.Key.Grid.Z}",
                Text.Of(shape.Key.Threads),
                Text.Grouped(shape.Key.SharedBytes),
                Text.Of(shape.Count()),
                Text.Fixed(seconds * 1e3, 3),
                Text.Fixed(seconds * 1e6 / shape.Count(), 1),
                Rate(bytes / seconds / 1e9),
                Rate(flops / seconds / 1e12),
                Share(limits.ShareOf(bytes, flops, seconds)));
        }

        table.Write();
    }

    private static string Share(double? part) => part is { } p ? $"{Text.Fixed(100 * p, p < 0.1 ? 1 : 0)}%" : "-";

    private static string Rate(double rate) => rate > 0 ? Text.Fixed(rate, rate < 10 ? 2 : rate < 100 ? 1 : 0) : "-";
}
