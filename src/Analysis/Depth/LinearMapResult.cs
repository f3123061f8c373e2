using Weir.Analysis.Statistics;

namespace Weir.Analysis.Depth;

/// <summary>What the maps leave on text that they were not fitted to: states m of A by states l of B, a window for a prompt.</summary>
public sealed class LinearMapResult
{
    internal LinearMapResult(int sources, int targets, int windows, int validationWindows, IReadOnlyList<double> ridges)
    {
        Errors = new RatioTable(windows, sources, targets);
        ConstantErrors = new RatioTable(windows, targets, 1);
        Unexplained = new RatioTable(windows, sources, targets);
        Ridges = ridges;
        ChosenRidges = new double[sources, targets];
        ValidationErrors = ridges.Count > 1 ? [.. ridges.Select(_ => new RatioTable(validationWindows, sources, targets))] : [];
    }

    /// <summary>Mean over held-out tokens of |h^B_l - f(h^A_m)| / |h^B_l|; [m, l].</summary>
    public RatioTable Errors { get; }

    /// <summary>The same for the best constant, the mean of what was fitted: what a map must beat to say anything; [l, 1].</summary>
    public RatioTable ConstantErrors { get; }

    /// <summary>Sum over held-out tokens of |h^B_l - f(h^A_m)|^2 over that of |h^B_l - mean|^2, the mean that of what was fitted; [m, l].</summary>
    public RatioTable Unexplained { get; }

    /// <summary>The penalties that were tried.</summary>
    public IReadOnlyList<double> Ridges { get; }

    /// <summary>The penalty of each map; [m, l].</summary>
    public double[,] ChosenRidges { get; }

    /// <summary>Of each penalty, the errors on the windows that chose, infinite where it has no solution; none where there was one penalty.</summary>
    public IReadOnlyList<RatioTable> ValidationErrors { get; }

    /// <summary>Tokens that the maps were fitted to.</summary>
    public int FittedTokens { get; internal init; }

    /// <summary>Tokens that chose among penalties.</summary>
    public int ValidationTokens { get; internal init; }

    /// <summary>Tokens that they were tested on.</summary>
    public int TestedTokens { get; internal init; }

    /// <summary>Of each source, the target that it maps to best.</summary>
    public int[] BestTargets => [.. Enumerable.Range(0, Errors.Rows).Select(m => Enumerable.Range(0, Errors.Columns).MinBy(l => Errors.Ratio(m, l)))];

    /// <summary>R^2 of a map on held-out tokens: 1 less the share of the squares about the mean that it leaves; below 0 where the mean does better.</summary>
    public Estimate RSquared(int source, int target)
    {
        Estimate left = Unexplained.RatioWithInterval(source, target);
        return new Estimate(1 - left.Mean, 1 - left.High, 1 - left.Low, left.Count);
    }
}
