using Weir.Analysis.Statistics;

namespace Weir.Analysis.Recall;

/// <summary>
/// Intervals over prompts of a fact table, and folds. Prompts about one item are no independent observations, so items are
/// drawn again, or held out, each with all its prompts. A prompt without a finite value is left out, and the count says so.
/// </summary>
/// <param name="items">Of each prompt, its item.</param>
public sealed class ItemResampling(IReadOnlyList<int> items)
{
    /// <summary>The rows of each item.</summary>
    internal IReadOnlyList<int[]> Rows { get; } =
        [.. items.Select((item, row) => (item, row)).GroupBy(p => p.item).OrderBy(g => g.Key).Select(g => g.Select(p => p.row).ToArray())];

    /// <summary>Items.</summary>
    public int Count => Rows.Count;

    /// <summary>A statistic of values of prompts; its count is that of prompts.</summary>
    /// <param name="statistic">Its value of some prompts, given by number and perhaps several times.</param>
    /// <param name="values">The values, each [prompts].</param>
    public Estimate Of(Func<IReadOnlyList<int>, double> statistic, params IReadOnlyList<double>[] values)
    {
        int[][] rows = Finite(values);
        return Bootstrap.Of(rows.Length, drawn => statistic([.. drawn.SelectMany(i => rows[i])])) with { Count = rows.Sum(r => r.Length) };
    }

    /// <summary>The mean of a value of each prompt.</summary>
    public Estimate Mean(IReadOnlyList<double> values)
    {
        int[][] rows = Finite(values);
        double[] sums = [.. rows.Select(r => r.Sum(i => values[i]))];
        return Bootstrap.Of(rows.Length, drawn => drawn.Sum(i => sums[i]) / drawn.Sum(i => rows[i].Length)) with { Count = rows.Sum(r => r.Length) };
    }

    /// <summary>Items that each fold holds out, by number: all items about equally often.</summary>
    /// <param name="options">How many folds, and the share held out.</param>
    /// <returns>None where too few items would be left.</returns>
    public IReadOnlyList<int[]> Folds(MlpRegressionOptions options)
    {
        int held = (int)Math.Round(Count * options.HeldOut);
        if (held == 0 || Count - held < 2)
        {
            return [];
        }

        var random = new Random(options.Seed);
        int[] times = new int[Count];
        var folds = new List<int[]>();
        for (int f = 0; f < options.Folds; f++)
        {
            int[] fold = [.. Enumerable.Range(0, Count).OrderBy(i => times[i]).ThenBy(_ => random.Next()).Take(held)];
            Array.ForEach(fold, i => times[i]++);
            folds.Add(fold);
        }

        return folds;
    }

    private int[][] Finite(IReadOnlyList<double>[] values) => Finite([.. Enumerable.Range(0, items.Count).Select(i => values.Sum(v => v[i]))]);

    private int[][] Finite(IReadOnlyList<double> values) =>
        [.. Rows.Select(rows => rows.Where(i => double.IsFinite(values[i])).ToArray()).Where(rows => rows.Length > 0)];
}
