using System.Diagnostics;
using System.Text.Json.Serialization;
using Weir.Kernels;

namespace Weir.Analysis.Benchmarks;

/// <summary>Times of one case in one process; the peer script prints the same fields.</summary>
public sealed record Measurement
{
    /// <summary>Median of the times in seconds.</summary>
    [JsonPropertyName("median_s")]
    public double Median { get; init; }

    /// <summary>All times in seconds.</summary>
    [JsonPropertyName("times_s")]
    public IReadOnlyList<double> Times { get; init; } = [];

    /// <summary>Median of our own baseline's times, interleaved with these; 0 where there is none.</summary>
    [JsonPropertyName("baseline_median_s")]
    public double BaselineMedian { get; init; }

    /// <summary>Largest resident memory of the whole process in MiB.</summary>
    [JsonPropertyName("peak_rss_mib")]
    public double PeakMemory { get; init; }

    /// <summary>Warms a case up and times it, turn by turn with its baseline where it has one.</summary>
    public static Measurement Take(BenchmarkCase work, IDevice device, int repetitions)
    {
        using PreparedWork prepared = work.Prepare(device);
        var times = new List<double>();
        var baseline = new List<double>();
        for (int i = -2; i < repetitions; i++)
        {
            if (prepared.Baseline is not null)
            {
                Time(device, prepared.Baseline, baseline, keep: i >= 0);
            }

            Time(device, prepared.Run, times, keep: i >= 0);
        }

        return new Measurement
        {
            Median = MedianOf(times),
            Times = times,
            BaselineMedian = baseline.Count == 0 ? 0 : MedianOf(baseline),
            PeakMemory = PeakResidentMiB(),
        };
    }

    /// <summary>Middle value; of an even number, the mean of the two in the middle.</summary>
    public static double MedianOf(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Time(IDevice device, Action work, List<double> times, bool keep)
    {
        device.Synchronize();
        long start = Stopwatch.GetTimestamp();
        work();
        device.Synchronize();
        if (keep)
        {
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }

    // .NET's PeakWorkingSet64 is the present size on Linux; the kernel keeps the peak.
    private static double PeakResidentMiB()
    {
        const string Status = "/proc/self/status";
        if (File.Exists(Status) && File.ReadLines(Status).FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line)
        {
            string kib = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2];
            return double.Parse(kib, System.Globalization.CultureInfo.InvariantCulture) / 1024;
        }

        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1048576.0;
    }
}
