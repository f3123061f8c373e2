namespace Weir.Analysis.Depth;

/// <summary>Errors of the maps on text that they were not fitted to.</summary>
public sealed class LinearMapResult
{
    internal LinearMapResult(int sources, int targets, int windows)
    {
        Errors = new SampleTable(windows, sources, targets);
        ConstantErrors = new SampleTable(windows, targets, 1);
    }

    /// <summary>|h^B_l - f(h^A_m)| / |h^B_l| of each held-out token; [boundary m of A, boundary l of B], a window for a prompt.</summary>
    public SampleTable Errors { get; }

    /// <summary>The same for the best constant, the mean of what was fitted: what a map must beat to say anything; [l, 1].</summary>
    public SampleTable ConstantErrors { get; }

    /// <summary>Tokens that the maps were fitted to.</summary>
    public int FittedTokens { get; internal init; }

    /// <summary>Tokens that they were tested on.</summary>
    public int TestedTokens { get; internal init; }

    /// <summary>Of each source, the target that it maps to best.</summary>
    public int[] BestTargets => [.. Enumerable.Range(0, Errors.Rows).Select(m => Enumerable.Range(0, Errors.Columns).MinBy(l => Errors.Mean(m, l)))];
}
