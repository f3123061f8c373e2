using Weir.Analysis.Depth;
using Weir.Analysis.Statistics;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Depth;

/// <summary>What was measured as tables and plots.</summary>
internal static class DepthReport
{
    /// <summary>Whose method it is.</summary>
    public const string Paper = "Csordás, Manning, Potts 2025, arXiv 2505.13898";

    /// <summary>Tells what was found.</summary>
    public static Report Of(Model model, DepthFindings f)
    {
        int tokens = f.Prompts.Sum(p => p.Ids.Length);
        var report = new Report("Depth use", $"{SpecText.Line(model.Location, model.Spec)}: {Text.Grouped(f.Prompts.Count)} prompts, {Text.Grouped(tokens)} tokens.") { Paper = Paper };
        AddLayers(report, f);
        if (f.Profile is { } profile)
        {
            AddProfile(report, f, profile);
        }

        if (f.Effects is { } effects)
        {
            AddEffects(report, f, effects);
        }

        foreach (SkipReach reach in f.Local?.Measured ?? [])
        {
            report.Add(Map($"local_{DepthJson.Name(reach)}", $"Local effect of a layer on a later one, {Words(reach)} ({f.Reduction.Name})", f.Reduction.Map(f.Local!.Of(reach))) with { Figure = "local effects" });
        }

        ErasureParts.Add(report, model, f);
        if (f.Scores is { } scores)
        {
            DepthScoreParts.Add(report, scores);
        }

        return report;
    }

    private static void AddLayers(Report report, DepthFindings f)
    {
        if (f.Profile is null && f.Effects is null && f.Local is null)
        {
            return;
        }

        var columns = new List<(string Header, string Format, Func<int, double> Value)>();
        if (f.Profile is { } profile)
        {
            columns.Add(("attn/h", "F2", l => profile.Mean(DepthMeasure.AttentionRatio, l)));
            columns.Add(("mlp/h", "F2", l => profile.Mean(DepthMeasure.MlpRatio, l)));
            columns.Add(("cos attn", "F2", l => profile.Mean(DepthMeasure.AttentionCosine, l)));
            columns.Add(("cos mlp", "F2", l => profile.Mean(DepthMeasure.MlpCosine, l)));
            columns.Add(("lens KL", "F2", l => profile.Mean(DepthMeasure.LensDivergence, l)));
            columns.Add(("top-5", "P0", l => profile.Mean(DepthMeasure.LensOverlap, l)));
        }

        foreach ((SkippedPart part, SkipReach reach) in f.Effects?.Measured.Where(m => m.Part == f.Effects.Measured.First().Part) ?? [])
        {
            SampleTable effects = f.Effects!.Of(part, reach), outputs = f.Effects.OutputsOf(part, reach);
            double[] later = DepthScore.LayerEffects(f.Reduction.Map(effects));
            string suffix = reach == SkipReach.Future ? " future" : "";
            columns.Add(($"later{suffix}", "F2", l => l + 1 < f.Layers ? later[l] : double.NaN));
            columns.Add(($"output{suffix}", "F2", l => f.Reduction.Of(outputs, l, 0)));
        }

        if (f.Local is { } local)
        {
            double[,] map = f.Reduction.Map(local.Of(local.Measured.First()));
            columns.Add(("most on", "N0", l => l + 1 < f.Layers ? Enumerable.Range(l + 1, f.Layers - 1 - l).MaxBy(k => map[l, k]) : double.NaN));
        }

        string left = f.Effects is null ? "" : $" With the {Words(f.Effects.Measured.First().Part)} left out: later is the mean over later layers of the change of what they add, output that of the next-token probabilities (Euclidean, at most 1.41), each the {f.Reduction.Name} over tokens.";
        string direct = f.Local is null ? "" : " Most on is the later layer that owes it most directly.";
        TablePart table = new TablePart("layers", "Layer by layer")
        {
            Note = $"Layers count from 0; lens KL in nats and top-5 shared are of the layer's input.{left}{direct}",
        }.Number("layer", "N0");
        columns.ForEach(c => table.Number(c.Header, c.Format));
        for (int l = 0; l < f.Layers; l++)
        {
            table.Row([l, .. columns.Select(c => (object?)c.Value(l))]);
        }

        report.Add(table);
    }

    private static void AddProfile(Report report, DepthFindings f, DepthProfile profile)
    {
        EffectiveDepth depth = EffectiveDepth.Of(profile);
        TablePart table = new TablePart("effective_depth", "Effective depth in one number, three ways")
        {
            Note = "Fragile: read each beside its curve. Ratio is (layer + 1) / layers.",
        }.Column("by").Number("layer", "N0").Number("ratio", "F2").Column("curve");
        table.Row("cosine turns positive for good", depth.Cosine, depth.Ratio(depth.Cosine), Curve(EffectiveDepth.CosineCurve(profile)));
        table.Row("lens KL below half of its largest", depth.Divergence, depth.Ratio(depth.Divergence), Curve(profile.Means(DepthMeasure.LensDivergence)[..f.Layers]));
        table.Row("more than 0.3 of the top 5 shared", depth.Overlap, depth.Ratio(depth.Overlap), Curve(profile.Means(DepthMeasure.LensOverlap)[..f.Layers]));
        report.Add(table);
        report.Add(Lines("ratios", "Size of what is added against the residual", "ratio of norms, mean over tokens", profile,
            ("attention", DepthMeasure.AttentionRatio), ("MLP", DepthMeasure.MlpRatio), ("layer", DepthMeasure.LayerRatio)) with
        { Figure = "relative contributions" });
        report.Add(Lines("cosines", "Direction of what is added against the residual", "cosine, mean over tokens", profile,
            ("attention", DepthMeasure.AttentionCosine), ("MLP", DepthMeasure.MlpCosine), ("layer", DepthMeasure.LayerCosine)) with
        { Figure = "cosines of contributions", Note = "About 0: a new feature; below 0: erasing; above 0: strengthening." });
        report.Add(Lines("norms", "Norms", "norm, mean over tokens", profile,
            ("residual", DepthMeasure.ResidualNorm), ("attention", DepthMeasure.AttentionNorm), ("MLP", DepthMeasure.MlpNorm)));
        report.Add(Lines("lens_kl", "Distance of the lens from the output", "KL in nats, mean", profile, ("KL", DepthMeasure.LensDivergence)) with { Figure = "logit lens by layer" });
        report.Add(Lines("lens_top5", "Most probable tokens shared with the output", "share of the top 5, mean", profile, ("top 5", DepthMeasure.LensOverlap)) with { Figure = "logit lens by layer" });
    }

    private static void AddEffects(Report report, DepthFindings f, SkipEffects effects)
    {
        foreach ((SkippedPart part, SkipReach reach) in effects.Measured)
        {
            string name = $"{DepthJson.Name(part)}_{DepthJson.Name(reach)}";
            report.Add(Map($"effects_{name}", $"Effect of leaving the {Words(part)} out on later layers, {Words(reach)} ({f.Reduction.Name})", f.Reduction.Map(effects.Of(part, reach))) with { Figure = "effects of skipping a layer" });
        }

        foreach (SkipReach reach in effects.Measured.Select(m => m.Reach).Distinct())
        {
            LinesPart lines = new LinesPart($"output_{DepthJson.Name(reach)}", $"Effect on the output, {Words(reach)}", "layer left out", "change of probabilities", Layers(f.Layers))
            {
                Figure = "effects of skipping a layer",
            };
            foreach ((SkippedPart part, _) in effects.Measured.Where(m => m.Reach == reach))
            {
                SampleTable table = effects.OutputsOf(part, reach);
                lines.Line($"{Words(part)}, mean", (Estimate[])[.. Enumerable.Range(0, f.Layers).Select(l => table.MeanWithInterval(l, 0))]);
                lines.Line($"{Words(part)}, max", [.. Enumerable.Range(0, f.Layers).Select(l => table.Max(l, 0))]);
            }

            report.Add(lines);
        }
    }

    private static LinesPart Lines(string name, string title, string axis, DepthProfile profile, params ReadOnlySpan<(string Name, DepthMeasure Measure)> lines)
    {
        int longest = 0;
        foreach ((_, DepthMeasure measure) in lines)
        {
            longest = Math.Max(longest, profile[measure].Rows);
        }

        var part = new LinesPart(name, title, "layer", axis, Layers(longest));
        foreach ((string line, DepthMeasure measure) in lines)
        {
            part.Line(line, profile.MeansWithIntervals(measure));
        }

        return part;
    }

    private static HeatMapPart Map(string name, string title, double[,] values)
    {
        string[] layers = [.. Enumerable.Range(0, values.GetLength(0)).Select(l => Text.Of(l))];
        return new HeatMapPart(name, title, layers, layers, values) { RowAxis = "layer left out", ColumnAxis = "later layer", ValueAxis = "relative change", High = 1 };
    }

    private static double[] Layers(int count) => [.. Enumerable.Range(0, count).Select(l => (double)l)];

    private static string Curve(double[] values) => string.Join(' ', values.Select(v => v.ToString("F2", System.Globalization.CultureInfo.InvariantCulture)));

    private static string Words(SkippedPart part) => part switch { SkippedPart.Layer => "layer", SkippedPart.Attention => "attention", _ => "MLP" };

    private static string Words(SkipReach reach) => reach == SkipReach.Future ? "on future tokens" : "at all positions";
}
