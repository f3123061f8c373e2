namespace Weir.Analysis.Benchmarks;

/// <summary>One case as measured: pass i of ours ran right before pass i of each peer.</summary>
/// <param name="Case">The case.</param>
/// <param name="Ours">Our passes.</param>
/// <param name="Theirs">Each peer's passes, by label.</param>
public sealed record BenchmarkRow(
    BenchmarkCase Case, IReadOnlyList<Measurement> Ours, IReadOnlyDictionary<string, IReadOnlyList<Measurement>> Theirs)
{
    /// <summary>Median of our passes' medians, in seconds.</summary>
    public double Seconds => Measurement.MedianOf([.. Ours.Select(m => m.Median)]);

    /// <summary>Median of our passes' peaks, in MiB.</summary>
    public double Memory => Measurement.MedianOf([.. Ours.Select(m => m.PeakMemory)]);

    /// <summary>Our time as a share of our own baseline's, median of the passes; null where there is no baseline.</summary>
    public double? OverBaseline => Ours.All(m => m.BaselineMedian > 0)
        ? Measurement.MedianOf([.. Ours.Select(m => m.Median / m.BaselineMedian)])
        : null;

    /// <summary>Our time as a share of a peer's: median, smallest and largest of the passes.</summary>
    public (double Median, double Smallest, double Largest) TimeRatio(string peer)
    {
        double[] ratios = [.. Ours.Zip(Theirs[peer], (a, b) => a.Median / b.Median)];
        return (Measurement.MedianOf(ratios), ratios.Min(), ratios.Max());
    }

    /// <summary>Our peak memory as a share of a peer's, median of the passes.</summary>
    public double MemoryRatio(string peer) => Measurement.MedianOf([.. Ours.Zip(Theirs[peer], (a, b) => a.PeakMemory / b.PeakMemory)]);
}
