using System.Globalization;
using Weir.Cli.Rendering;
using Weir.Engine.Sweeps;

namespace Weir.Cli.Sweeps;

/// <summary>
/// A sweep as a table: for each variant, over the prompts, the mean of what it does to the output and the largest mean
/// change of a later attention and MLP.
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

    /// <summary>Prints it.</summary>
    public static void Write(Terminal terminal, IReadOnlyList<SweepCell> cells, int layers)
    {
        var byVariant = cells.GroupBy(c => c.Variant).OrderBy(g => g.Key).ToArray();
        var shown = Columns.Where(c => cells.Any(x => x.Values.Any(v => v.Name == c.Measure))).ToArray();
        var table = new TextTable(terminal).Column("variant", flexible: true);
        foreach ((_, string header, _) in shown)
        {
            table.Column(header, right: true);
        }

        table.Column("attention", right: true).Column("at", right: true).Column("MLP", right: true).Column("at", right: true);
        foreach (IGrouping<int, SweepCell> variant in byVariant)
        {
            string[] outputs = [.. shown.Select(c => Mean(variant, c.Measure, -1) is { } m ? m.ToString(c.Format, CultureInfo.InvariantCulture) : "")];
            table.Row([variant.First().Name, .. outputs, .. Largest(variant, "attn_out.change.mean", layers), .. Largest(variant, "mlp_out.change.mean", layers)]);
        }

        table.Write();
    }

    // The layer whose contribution changes most, behind the variant's own.
    private static string[] Largest(IEnumerable<SweepCell> cells, string measure, int layers)
    {
        (double Value, int Layer)[] means = [.. Enumerable.Range(0, layers).Select(l => (Mean(cells, measure, l), l)).Where(m => m.Item1 is > 0).Select(m => (m.Item1!.Value, m.l))];
        if (means.Length == 0)
        {
            return ["", ""];
        }

        (double value, int layer) = means.MaxBy(m => m.Value);
        return [value.ToString("P0", CultureInfo.InvariantCulture), Text.Of(layer)];
    }

    private static double? Mean(IEnumerable<SweepCell> cells, string measure, int layer)
    {
        double[] values = [.. cells.SelectMany(c => c.Values).Where(v => v.Name == measure && v.Layer == layer).Select(v => v.Value)];
        return values.Length == 0 ? null : values.Average();
    }
}
