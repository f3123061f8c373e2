namespace Weir.Analysis.Depth;

/// <summary>Which effects are measured.</summary>
public sealed record SkipOptions
{
    /// <summary>What is left out, one after the other; not used by local effects, which take whole layers out.</summary>
    public IReadOnlyList<SkippedPart> Parts { get; init; } = [SkippedPart.Layer];

    /// <summary>Splits of each prompt for <see cref="SkipReach.Future"/>, see <see cref="SplitPoints"/>; null for that variant not to run.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Splits { get; init; }

    /// <summary>False leaves <see cref="SkipReach.AllPositions"/> out.</summary>
    public bool AllPositions { get; init; } = true;

    /// <summary>Positions in front of this one are never intervened on.</summary>
    public int FirstPosition { get; init; } = 1;

    /// <summary>False leaves the next-token distribution out.</summary>
    public bool Outputs { get; init; } = true;

    /// <summary>True to keep each prompt's largest samples alone, which is all that a <see cref="DepthScore"/> asks for: the others of a large model fill gigabytes.</summary>
    public bool OnlyMaxima { get; init; }

    /// <summary>Bytes of activations that may be held at once; 0 for the sweep's own choice.</summary>
    public long MostBytes { get; init; }

    /// <summary>Told the fraction done; what it throws stops the work.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>The variants that these options ask for.</summary>
    internal IEnumerable<SkipReach> Reaches => (AllPositions ? (SkipReach[])[SkipReach.AllPositions] : []).Concat(Splits is null ? [] : [SkipReach.Future]);
}
