using Weir.Analysis.Statistics;

namespace Weir.Analysis.Depth;

/// <summary>Depth score of examples, such as those of one level of difficulty, with 95 % intervals over them.</summary>
/// <param name="Max">
/// Score of the largest effects of any example: the paper's number. Its interval is rough, as of every maximum: a resample
/// never has an effect larger than those there are.
/// </param>
/// <param name="Mean">Score of the mean over examples of each one's largest effects.</param>
/// <param name="Examples">Score of each example by its own effects, NaN where it has none: their spread, which neither number is the mean of.</param>
public sealed record DepthScoreResult(Estimate Max, Estimate Mean, IReadOnlyList<double> Examples)
{
    /// <summary>A quantile of the examples' own scores; NaN where there are none.</summary>
    /// <param name="share">0 to 1.</param>
    public double Spread(double share) => Bootstrap.Quantile([.. Examples.Where(double.IsFinite)], share);
}
