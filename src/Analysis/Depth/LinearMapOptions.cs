namespace Weir.Analysis.Depth;

/// <summary>How linear maps between two models are fitted.</summary>
public sealed record LinearMapOptions
{
    /// <summary>
    /// Ridge penalties in units of each input's own mean square; the bias is free of them. Of several, each map has the one
    /// with which it does best on windows that it is neither fitted to nor tested on; all are solved from one pass over the text.
    /// </summary>
    public IReadOnlyList<double> Ridges { get; init; } = [1e-5];

    /// <summary>
    /// Share of the windows, the last ones, that the maps are tested on and not fitted to; with several penalties, as many in
    /// front of them choose among those.
    /// </summary>
    public double HeldOut { get; init; } = 0.2;

    /// <summary>What a token counts.</summary>
    public MapWeighting Weighting { get; init; } = MapWeighting.Equal;

    /// <summary>True to map what layers add, c_l, instead of the residuals h_l.</summary>
    public bool Contributions { get; init; }

    /// <summary>Positions in front of this one are left out.</summary>
    public int FirstPosition { get; init; } = 1;

    /// <summary>Bytes of sums and maps that may be held at once; with less, the text runs through the models more often.</summary>
    public long MostBytes { get; init; } = 1L << 30;

    /// <summary>Told the fraction done; what it throws stops the work.</summary>
    public IProgress<double>? Progress { get; init; }
}
