namespace Weir.Analysis;

/// <summary>Progress of a part as progress of the whole.</summary>
/// <param name="whole">Told of the whole.</param>
/// <param name="start">Fraction of the whole before the part.</param>
/// <param name="share">The part's share of the whole.</param>
public sealed class PartOfProgress(IProgress<double> whole, double start, double share) : IProgress<double>
{
    /// <inheritdoc/>
    public void Report(double value) => whole.Report(start + (value * share));
}
