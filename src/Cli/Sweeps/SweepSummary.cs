using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine.Sweeps;

namespace Weir.Cli.Sweeps;

/// <summary>
/// A sweep in short: for each variant, over the prompts, the mean of what it does to the output and to what later attention
/// and MLPs add.
/// </summary>
internal static class SweepSummary
{
    private static readonly (string Measure, string Header, string Format)[] Columns =
    [
        ("output.kl.mean", "KL", "F4"),
        ("output.probability_l2.mean", "|p-p'|", "F4"),
        ("target.log_probability_change", "d log p", "F3"),
        ("target.rank", "rank", "F1"),
        ("target0.log_probability_change", "d log p0", "F3"),
        ("target1.log_probability_change", "d log p1", "F3"),
        ("logit_difference_change", "d logits", "F3"),
    ];

    /// <summary>Makes the table.</summary>
    public static TablePart Of(IReadOnlyList<SweepCell> cells, int layers)
    {
        var shown = Columns.Where(c => cells.Any(x => x.Values.Any(v => v.Name == c.Measure))).ToArray();
        TablePart table = new TablePart("variants", "Variants")
        {
            Note = "means over prompts; attention and MLP: the largest mean change of what a later one adds, and its layer",
        }.Column("variant");
        foreach ((_, string header, string format) in shown)
        {
            table.Number(header, format);
        }

        table.Number("attention", "P0").Number("at", "F0").Number("MLP", "P0").Number("at ", "F0");
        foreach (IGrouping<int, SweepCell> variant in cells.GroupBy(c => c.Variant).OrderBy(g => g.Key))
        {
            table.Row([
                variant.First().Name, .. shown.Select(c => (object?)Mean(variant, c.Measure, -1)),
                .. Largest(variant, "attn_out.change.mean", layers), .. Largest(variant, "mlp_out.change.mean", layers)]);
        }

        return table;
    }

    /// <summary>Mean change of what each layer adds, [variants, layers].</summary>
    /// <param name="cells">The sweep's cells.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="measure">attn_out or mlp_out.</param>
    /// <param name="title">What these are.</param>
    public static HeatMapPart Changes(IReadOnlyList<SweepCell> cells, int layers, string measure, string title)
    {
        IGrouping<int, SweepCell>[] variants = [.. cells.GroupBy(c => c.Variant).OrderBy(g => g.Key)];
        double[,] values = new double[variants.Length, layers];
        for (int v = 0; v < variants.Length; v++)
        {
            for (int l = 0; l < layers; l++)
            {
                values[v, l] = Mean(variants[v], $"{measure}.change.mean", l) ?? double.NaN;
            }
        }

        return new HeatMapPart($"{measure}_change", title, [.. variants.Select(v => v.First().Name)], [.. Enumerable.Range(0, layers).Select(l => Text.Of(l))], values)
        {
            RowAxis = "variant",
            ColumnAxis = "layer",
            ValueAxis = "relative change, mean over positions and prompts",
            High = 1,
        };
    }

    // The layer whose contribution changes most, behind the variant's own.
    private static object?[] Largest(IEnumerable<SweepCell> cells, string measure, int layers)
    {
        (double Value, int Layer)[] means = [.. Enumerable.Range(0, layers).Select(l => (Mean(cells, measure, l), l)).Where(m => m.Item1 is > 0).Select(m => (m.Item1!.Value, m.l))];
        return means.Length == 0 ? [null, null] : [means.MaxBy(m => m.Value).Value, means.MaxBy(m => m.Value).Layer];
    }

    private static double? Mean(IEnumerable<SweepCell> cells, string measure, int layer)
    {
        double[] values = [.. cells.SelectMany(c => c.Values).Where(v => v.Name == measure && v.Layer == layer).Select(v => v.Value)];
        return values.Length == 0 ? null : values.Average();
    }
}
