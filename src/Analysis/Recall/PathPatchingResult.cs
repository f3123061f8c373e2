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
    public double CleanMean => Clean.Average();

    /// <summary>Mean change of the value, in its unit.</summary>
    public double Change(double[] patched) => patched.Average() - CleanMean;

    /// <summary>Score in percent: mean change over the mean of the clean value.</summary>
    public double Score(double[] patched) => 100 * Change(patched) / CleanMean;

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
                select (l, h, Score(Heads[l, h]))).OrderByDescending(s => Math.Abs(s.Item3)),
        ];
        double total = all.Sum(s => Math.Abs(s.Score)), sum = 0;
        return [.. all.TakeWhile(s =>
        {
            bool more = threshold >= 1 || sum < threshold * total;
            sum += Math.Abs(s.Score);
            return more;
        })];
    }
}
