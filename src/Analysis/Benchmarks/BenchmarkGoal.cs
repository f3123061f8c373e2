using System.Globalization;

namespace Weir.Analysis.Benchmarks;

/// <summary>What a case must reach; a figure that nobody asks for is null.</summary>
public sealed record BenchmarkGoal
{
    /// <summary>Most that our time may be, as a share of the first peer case's.</summary>
    public double? OfPeer { get; init; }

    /// <summary>Most that our memory may be, as a share of the first peer case's.</summary>
    public double? MemoryOfPeer { get; init; }

    /// <summary>Most that our time may be, as a share of our own baseline's.</summary>
    public double? OfBaseline { get; init; }

    /// <summary>Most milliseconds on an H200.</summary>
    public double? Milliseconds { get; init; }

    /// <summary>Least share of the bandwidth of a large copy in the same run.</summary>
    public double? OfBandwidth { get; init; }

    /// <summary>Least TFLOP/s on an H200.</summary>
    public double? Teraflops { get; init; }

    /// <summary>The goal in words.</summary>
    /// <param name="baseline">What the baseline is called.</param>
    public string Words(string baseline)
    {
        string?[] parts =
        [
            Part(OfPeer, "F2", " of the peer"),
            Part(Milliseconds, "0.#", " ms on an H200"),
            Teraflops is null ? null : $"at least {Part(Teraflops, "F0", " TFLOP/s on an H200")}",
            OfBandwidth is null ? null : $"at least {Part(100 * OfBandwidth, "F0", " % of the copy's bandwidth")}",
            Part(OfBaseline, "F2", $" of {baseline}"),
            MemoryOfPeer is null ? null : $"memory {Part(MemoryOfPeer, "F1", " of the peer's")}",
        ];
        return string.Join(", ", parts.Where(p => p is not null));
    }

    private static string? Part(double? value, string format, string unit) =>
        value is { } v ? v.ToString(format, CultureInfo.InvariantCulture) + unit : null;
}
