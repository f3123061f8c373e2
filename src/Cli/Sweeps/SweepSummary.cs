using Weir.Analysis.Statistics;
using Weir.Analysis;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;

namespace Weir.Cli.Sweeps;

/// <summary>
/// A sweep in short: for each variant, over the prompts, the mean of what it does to the output, and the largest, over later
/// layers, of its mean changes of what attention or MLP add. What it changes itself is not counted.
/// </summary>
internal static class SweepSummary
{
    // Columns of measures beside which eighty columns have room for layers.
    private const int MostWithLayers = 3;

    private static readonly (string Measure, string Header, SitePoint[] Own)[] Parts =
    [
        ("attn_out.change.mean", "attn", [SitePoint.AttentionOut, SitePoint.Z, SitePoint.Query, SitePoint.Key, SitePoint.Value, SitePoint.Pattern, SitePoint.AttentionScores]),
        ("mlp_out.change.mean", "MLP", [SitePoint.MlpOut]),
    ];

    /// <summary>Makes the table.</summary>
    /// <param name="means">The sweep's means.</param>
    /// <param name="variants">Its variants.</param>
    /// <param name="layers">Layers of the model.</param>
    public static TablePart Of(SweepMeans means, IReadOnlyList<Variant> variants, int layers)
    {
        IReadOnlyList<SweepMeasure> shown = SweepMeasure.Of(means);
        SweepMeasure leading = SweepMeasure.Leading(means);
        bool several = means.AreOfSeveral;
        IReadOnlyList<SweepMeasure> onScreen = SweepMeasure.OnScreen(means);
        bool layersOnScreen = !several && onScreen.Count <= MostWithLayers;
        TablePart table = new TablePart("variants", "Variants")
        {
            Note = (several ? $"means over {means.Prompts}; low and high are the ends of their 95 % bootstrap intervals over prompts; " : "")
                + $"attn and MLP: relative change of what a layer's attention or MLP adds, a mean over positions{(several ? " and prompts" : "")}, the largest of later layers{(layersOnScreen ? ", and at which" : "")}",
        }.Names("variant");
        if (several)
        {
            table.Number("n", "N0", onScreen: false);
        }

        foreach (SweepMeasure measure in shown)
        {
            table.Number(measure.Header, measure.Format, onScreen.Contains(measure));
            if (several)
            {
                table.Number($"{measure.Header} low", measure.Format, measure == leading, "low").Number($"{measure.Header} high", measure.Format, measure == leading, "high");
            }
        }

        foreach ((_, string header, _) in Parts)
        {
            table.Number($"{header} max", "P0", shown: header).Number($"{header} at", "F0", layersOnScreen, "at");
        }

        foreach ((int variant, string name) in means.Variants)
        {
            List<object?> row = several ? [name, means.PromptsOf(variant)] : [name];
            foreach (SweepMeasure measure in shown)
            {
                Estimate e = means.Of(variant, measure.Name);
                row.AddRange(several ? [e.Mean, e.Low, e.High] : [e.Mean]);
            }

            foreach ((string measure, _, SitePoint[] own) in Parts)
            {
                row.AddRange(Largest(means, variant, measure, Enumerable.Range(0, layers).Where(l => !variants[variant].Edits.Any(e => e.Site.Layer == l && own.Contains(e.Site.Point)))));
            }

            table.Row([.. row]);
        }

        return table;
    }

    /// <summary>Mean change of what each layer adds, [variants, layers].</summary>
    /// <param name="means">The sweep's means.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="measure">attn_out or mlp_out.</param>
    /// <param name="title">What these are.</param>
    public static HeatMapPart Changes(SweepMeans means, int layers, string measure, string title)
    {
        string name = $"{measure}.change.mean";
        double[,] values = Maps.Of(means.Variants.Count, layers, (v, l) => means.Mean(means.Variants[v].Index, name, l));
        return new HeatMapPart($"{measure}_change", title, [.. means.Variants.Select(v => v.Name)], [.. Enumerable.Range(0, layers).Select(l => Text.Of(l))], values)
        {
            RowAxis = "variant",
            ColumnAxis = "layer",
            ValueAxis = $"relative change, mean over positions{means.Over}",
            High = 1,
            Interval = means.Intervals(means.Variants.Count, layers, (v, l) => means.Of(means.Variants[v].Index, name, l)),
        };
    }

    private static object?[] Largest(SweepMeans means, int variant, string measure, IEnumerable<int> layers)
    {
        (double Value, int Layer)[] changes = [.. layers.Where(l => means.Has(variant, measure, l)).Select(l => (means.Mean(variant, measure, l), l))];
        (double Value, int Layer) largest = changes.DefaultIfEmpty().MaxBy(m => m.Value);
        return largest.Value > 0 && changes.All(m => double.IsFinite(m.Value)) ? [largest.Value, largest.Layer] : [null, null];
    }
}
