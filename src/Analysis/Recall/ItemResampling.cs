using Weir.Analysis.Statistics;

namespace Weir.Analysis.Recall;

/// <summary>
/// Intervals over prompts of a fact table. Prompts about one item are no independent observations, so items are drawn again,
/// each with all its prompts.
/// </summary>
/// <param name="items">Of each prompt, its item.</param>
public sealed class ItemResampling(IReadOnlyList<int> items)
{
    private readonly int[][] _rows = [.. items.Select((item, row) => (item, row)).GroupBy(p => p.item).OrderBy(g => g.Key).Select(g => g.Select(p => p.row).ToArray())];

    /// <summary>Items.</summary>
    public int Count => _rows.Length;

    /// <summary>A statistic of prompts; its count is that of prompts.</summary>
    /// <param name="statistic">Its value of some prompts, given by number and perhaps several times.</param>
    public Estimate Of(Func<IReadOnlyList<int>, double> statistic) =>
        Bootstrap.Of(_rows.Length, drawn => statistic([.. drawn.SelectMany(i => _rows[i])])) with { Count = items.Count };

    /// <summary>The mean of a value of each prompt.</summary>
    public Estimate Mean(IReadOnlyList<double> values)
    {
        double[] sums = [.. _rows.Select(rows => rows.Sum(i => values[i]))];
        return Bootstrap.Of(_rows.Length, drawn => drawn.Sum(i => sums[i]) / drawn.Sum(i => _rows[i].Length)) with { Count = items.Count };
    }

    /// <summary>The rows of each item.</summary>
    internal IReadOnlyList<int[]> Rows => _rows;
}
