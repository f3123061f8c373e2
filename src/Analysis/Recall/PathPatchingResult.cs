using Weir.Analysis.Statistics;

namespace Weir.Analysis.Recall;

/// <summary>The measured value with each sender patched.</summary>
/// <param name="Clean">[prompts]: without a patch.</param>
/// <param name="Heads">[layers, heads], each [prompts]: with that head patched.</param>
/// <param name="Attentions">[layers], each [prompts]: with all heads of that layer patched together, which may stand in for one another.</param>
/// <param name="Mlps">[layers], each [prompts]: with that MLP patched.</param>
public sealed record PathPatchingResult(double[] Clean, double[,][] Heads, double[][] Attentions, double[][] Mlps)
{
    /// <summary>Below this mean the score, which divides by it, says little (a choice).</summary>
    public const double LeastForScores = 0.5;

    /// <summary>The mean of the clean value.</summary>
    public double CleanMean => Bootstrap.Average(Clean);

    /// <summary>[prompts]: change of the value, in its unit.</summary>
    public double[] Changes(double[] patched) => [.. patched.Zip(Clean, (p, c) => p - c)];

    /// <summary>Mean change over the prompts that have one.</summary>
    public double Change(double[] patched) => Bootstrap.Average(Changes(patched));

    /// <summary>Score in percent: mean change over the mean of the clean value of the same prompts.</summary>
    public double Score(double[] patched)
    {
        double[] changes = Changes(patched);
        return 100 * Bootstrap.Average(changes) / Bootstrap.Average(Clean.Where((_, n) => double.IsFinite(changes[n])));
    }

    /// <summary>
    /// The largest scores that together make a share of all absolute scores, the largest first: what a map shows at a display
    /// threshold below 1.
    /// </summary>
    /// <param name="threshold">The share, above 0; 1 keeps all.</param>
    public IReadOnlyList<(int Layer, int Head, double Score)> Kept(double threshold)
    {
        (int Layer, int Head, double Score)[] all =
        [
            .. (from l in Enumerable.Range(0, Heads.GetLength(0))
                from h in Enumerable.Range(0, Heads.GetLength(1))
                select (l, h, Score(Heads[l, h]))).OrderByDescending(s => Size(s.Item3)),
        ];
        double total = all.Sum(s => Size(s.Score)), sum = 0;
        return [.. all.TakeWhile(s =>
        {
            bool more = threshold >= 1 || sum < threshold * total;
            sum += Size(s.Score);
            return more;
        })];

        static double Size(double score) => double.IsFinite(score) ? Math.Abs(score) : 0;
    }
}
