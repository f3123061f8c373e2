using System.Runtime.InteropServices;
using Weir.Kernels;

namespace Weir.Analysis.Benchmarks;

/// <summary>Measures cases in this process, a turn at a time; the last case stays ready for its next turn.</summary>
/// <param name="setting">Where and how large.</param>
public sealed class CaseRunner(BenchmarkSetting setting) : IDisposable
{
    private const int WarmUps = 2;

    // Several times any second-level cache.
    private const int ScrubbedBytes = 256 << 20;

    private readonly DeviceTimer _timer = setting.Device.CreateTimer();
    private readonly Arena _scrubbed = new(setting.Device);
    private BenchmarkCase? _case;
    private PreparedWork? _work;
    private Tensor _from;
    private Tensor _to;

    /// <summary>Times a case, turn by turn with its own baseline where it has one.</summary>
    /// <param name="work">The case.</param>
    /// <param name="repetitions">Times that it is timed.</param>
    /// <param name="limit">Seconds after which no other repetition begins; one is always made.</param>
    /// <exception cref="WeirException">What it made is not finite.</exception>
    public Measurement Measure(BenchmarkCase work, int repetitions, double limit = double.PositiveInfinity)
    {
        bool first = _case != work;
        if (first)
        {
            Prepare(work);
        }

        PreparedWork prepared = _work!;
        var times = new List<double>();
        var baseline = new List<double>();
        double spent = 0;
        for (int i = first ? -WarmUps : -1; i < repetitions && (i <= 0 || spent < limit); i++)
        {
            double own = prepared.Baseline is null ? 0 : Time(prepared, prepared.Baseline);
            double time = Time(prepared, prepared.Run);
            if (i < 0)
            {
                continue;
            }

            times.Add(time);
            spent += time + own;
            if (prepared.Baseline is not null)
            {
                baseline.Add(own);
            }
        }

        if (first && prepared.Sample?.Invoke() is { } sample && Array.FindIndex(sample, v => !float.IsFinite(v)) is >= 0 and var at)
        {
            throw new WeirException($"{work.Name} made a number that is not finite, {sample[at]} at {at}; its times would mean nothing.");
        }

        return new Measurement
        {
            Median = Measurement.MedianOf(times),
            Times = times,
            BaselineMedian = baseline.Count == 0 ? 0 : Measurement.MedianOf(baseline),
            PeakMemory = Measurement.PeakResidentMiB(),
            PeakDeviceMemory = (setting.Device.Counters.PeakBytesAllocated - (_from.IsAbsent ? 0 : 2 * _from.Bytes)) / 1048576.0,
            Bytes = prepared.Bytes,
            Flops = prepared.Flops,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _work?.Dispose();
        _scrubbed.Dispose();
        _timer.Dispose();
    }

    private void Prepare(BenchmarkCase work)
    {
        _work?.Dispose();
        (_case, _work) = (null, null);
        _work = work.Prepare(setting);
        _case = work;
        DeviceCounters counters = setting.Device.Counters;
        counters.PeakBytesAllocated = counters.BytesAllocated;
    }

    private double Time(PreparedWork work, Action run)
    {
        if (work.IsOp)
        {
            Scrub();
        }

        _timer.Start();
        run();
        _timer.Stop();
        return _timer.Seconds;
    }

    // Also keeps the device busy while the host queues what is timed, so that no launch is waited for.
    private void Scrub()
    {
        if (_from.IsAbsent)
        {
            var shape = new Shape((setting.Shapes == BenchmarkShapes.True ? ScrubbedBytes : 1 << 16) / 2 / 4096, 1024);
            _from = _scrubbed.Allocate(shape);
            _to = _scrubbed.Allocate(shape);
            float[] row = new float[shape.Count / shape[0]];
            for (int i = 0; i < shape[0]; i++)
            {
                setting.Device.Write(_from.RowRange(i, 1), MemoryMarshal.AsBytes(row.AsSpan()));
            }
        }

        setting.Device.Ops.Copy(_from, _to);
    }
}
