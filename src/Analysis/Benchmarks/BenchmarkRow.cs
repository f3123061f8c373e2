namespace Weir.Analysis.Benchmarks;

/// <summary>One case as measured: turn i of ours ran right before turn i of each peer.</summary>
/// <param name="Case">The case.</param>
/// <param name="Ours">Our turns; none where it has not been run.</param>
/// <param name="Theirs">The peers' turns.</param>
public sealed record BenchmarkRow(BenchmarkCase Case, IReadOnlyList<Measurement> Ours, IReadOnlyList<PeerRuns> Theirs)
{
    /// <summary>Median of our turns' medians, in seconds.</summary>
    public double Seconds => SecondsOf(Ours);

    /// <summary>Median of our turns' peaks of resident memory, in MiB.</summary>
    public double Memory => Measurement.MedianOf([.. Ours.Select(m => m.PeakMemory)]);

    /// <summary>Our time as a share of our own baseline's, median of the turns; null where there is no baseline.</summary>
    public double? OverBaseline => HasTimes(Ours) && Ours.All(m => m.BaselineMedian > 0)
        ? Measurement.MedianOf([.. Ours.Select(m => m.Median / m.BaselineMedian)])
        : null;

    /// <summary>True where turns have times.</summary>
    public static bool HasTimes(IReadOnlyList<Measurement> turns) => turns.Count > 0 && turns.All(m => m.Missing is null);

    /// <summary>Median of the turns' medians, in seconds.</summary>
    public static double SecondsOf(IReadOnlyList<Measurement> turns) => Measurement.MedianOf([.. turns.Select(m => m.Median)]);

    /// <summary>Our time as a share of a peer's: median, smallest and largest of the turns; null where one has no times.</summary>
    public (double Median, double Smallest, double Largest)? TimeRatio(PeerRuns peer)
    {
        if (!HasTimes(Ours) || !HasTimes(peer.Turns))
        {
            return null;
        }

        double[] ratios = [.. Ours.Zip(peer.Turns, (a, b) => a.Median / b.Median)];
        return (Measurement.MedianOf(ratios), ratios.Min(), ratios.Max());
    }

    /// <summary>Our peak of resident memory as a share of a peer's, median of the turns; null where one does not tell.</summary>
    public double? MemoryRatio(PeerRuns peer) => HasTimes(Ours) && HasTimes(peer.Turns) && peer.Turns.All(m => m.PeakMemory > 0)
        ? Measurement.MedianOf([.. Ours.Zip(peer.Turns, (a, b) => a.PeakMemory / b.PeakMemory)])
        : null;
}
