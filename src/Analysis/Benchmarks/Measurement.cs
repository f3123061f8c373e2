using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Weir.Analysis.Benchmarks;

/// <summary>Times of one case in one process; the peer script prints the same fields.</summary>
public sealed record Measurement
{
    private const string Failure = "failed: ";

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

    /// <summary>Most device memory that the process held while it did the work, in MiB; 0 where it does not tell.</summary>
    [JsonPropertyName("peak_device_mib")]
    public double PeakDeviceMemory { get; init; }

    /// <summary>Fewest bytes that the work must move through the device's memory; 0 where nobody has counted.</summary>
    [JsonPropertyName("bytes")]
    public double Bytes { get; init; }

    /// <summary>Floating-point operations of the work; 0 where nobody has counted.</summary>
    [JsonPropertyName("flops")]
    public double Flops { get; init; }

    /// <summary>Why there are no times: "n/a: reason" for what cannot be done, "failed: reason" for what went wrong; or null.</summary>
    [JsonPropertyName("missing")]
    public string? Missing { get; init; }

    /// <summary>Smallest and largest time.</summary>
    [JsonIgnore]
    public (double Smallest, double Largest) Spread => (Times.Min(), Times.Max());

    /// <summary>True for what went wrong.</summary>
    [JsonIgnore]
    public bool HasFailed => Missing?.StartsWith(Failure, StringComparison.Ordinal) == true;

    /// <summary>What went wrong.</summary>
    public static Measurement Failed(string why) => new() { Missing = Failure + why };

    /// <summary>Middle value; of an even number, the mean of the two in the middle.</summary>
    public static double MedianOf(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Largest resident memory of this process so far, in MiB.</summary>
    internal static double PeakResidentMiB()
    {
        // .NET's PeakWorkingSet64 is the present size on Linux; the kernel keeps the peak.
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
