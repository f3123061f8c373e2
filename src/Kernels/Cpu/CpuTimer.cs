using System.Diagnostics;

namespace Weir.Kernels.Cpu;

/// <summary>An op of the CPU is done when its call returns, so that the host's clock tells.</summary>
internal sealed class CpuTimer : DeviceTimer
{
    private long _start;
    private long _stop;

    public override double Seconds => Stopwatch.GetElapsedTime(_start, _stop).TotalSeconds;

    public override void Start() => _start = Stopwatch.GetTimestamp();

    public override void Stop() => _stop = Stopwatch.GetTimestamp();

    protected override void Dispose(bool disposing)
    {
        // It holds nothing.
    }
}
