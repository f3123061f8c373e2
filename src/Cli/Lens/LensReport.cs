using System.Globalization;
using Weir.Analysis.Depth;
using Weir.Analysis.Lens;
using Weir.Analysis.Statistics;
using Weir.Analysis;
using Weir.Cli.Reports;

namespace Weir.Cli.Lens;

/// <summary>Readings of one or several prompts as a report.</summary>
internal static class LensReport
{
    private const int TokensShown = 3;

    /// <summary>Its tables and figures.</summary>
    /// <param name="views">The prompts.</param>
    /// <param name="means">Their means.</param>
    /// <param name="modules">Means of what attention and MLP add, or null.</param>
    /// <param name="reading">How states were read, in words.</param>
    public static Report Make(IReadOnlyList<LensView> views, LensMeans means, LensMeans? modules, string reading)
    {
        var report = new Report("Lens", $"Each layer's residual through the unembedding, over {views.Count} {(views.Count == 1 ? "prompt" : "prompts")}: {reading}.");
        report.Add(Layers(views, means));
        if (modules is not null)
        {
            report.Add(Modules(views, modules));
        }

        for (int t = 0; t < views[0].Targets.Count; t++)
        {
            report.Add(Target(views, t));
        }

        report.Add(Tokens(views));
        report.Add(Lines("entropy", "Entropy", "entropy, nats", means, modules, m => m.Entropy));
        report.Add(Lines("kl", "KL(state || last layer)", "KL, nats", means, modules, m => m.Divergence));
        report.Add(Lines("overlap", $"Top {LensView.OverlapCount} shared with the last layer", "share", means, modules, m => m.Overlap));
        if (views.Count == 1)
        {
            report.Add(Map(views[0], "entropy_map", "Entropy by position", "entropy, nats", views[0].Result.Entropy));
            report.Add(Map(views[0], "kl_map", "KL(layer || last layer) by position", "KL, nats", views[0].Result.Divergence));
        }

        return report;
    }

    /// <summary>Means by layer, with intervals where there are several prompts.</summary>
    private static TablePart Layers(IReadOnlyList<LensView> views, LensMeans means)
    {
        TablePart table = new TablePart("layers", "By layer: entropy and KL(layer || last layer) in nats, top-5 shared with the last layer")
        {
            Note = (views.Count == 1 ? "means over positions. "
                : $"means over positions and then over {views.Count} prompts; low and high: 95 % interval over prompts. ") + Depth(means),
            OnScreen = views.Count > 1,
        }.Column("layer", flexible: false);
        bool one = views.Count == 1;
        foreach ((string name, string format) in (ReadOnlySpan<(string, string)>)[("entropy", "F3"), ("KL", "F3"), ("shared", "P0")])
        {
            table.Number(name, format);
            if (!one)
            {
                table.Number("low", format).Number("high", format);
            }
        }

        for (int s = 0; s < means.States; s++)
        {
            Estimate[] values = [means.Entropy(s), means.Divergence(s), means.Overlap(s)];
            table.Row([LensView.StateName(s), .. values.SelectMany(v => one ? (object?[])[v.Mean] : [v.Mean, v.Low, v.High])]);
        }

        return table;
    }

    /// <summary>What attention and MLP of each layer write, by themselves.</summary>
    private static TablePart Modules(IReadOnlyList<LensView> views, LensMeans modules)
    {
        LensView view = views[0];
        (int layers, bool one) = (view.Spec.Layers, views.Count == 1);
        TablePart table = new TablePart("modules", "What attention and MLP add, each read as a state of its own")
        {
            Note = one ? $"means over positions; tokens of position {view.FirstPosition + view.Result.Positions - 1}" : $"means over positions and then over {views.Count} prompts",
        }.Number("layer", "F0");
        foreach ((string name, _) in LensModules.All)
        {
            table.Number($"{name} entropy", "F3").Number("KL", "F3");
            if (one)
            {
                table.Column("says");
            }
        }

        for (int l = 0; l < layers; l++)
        {
            var row = new List<object?> { l };
            for (int m = 0; m < LensModules.All.Count; m++)
            {
                int state = LensModules.State(m, l, layers);
                row.AddRange([modules.Entropy(state).Mean, modules.Divergence(state).Mean]);
                if (one)
                {
                    row.Add(view.Says(view.Modules!, state, view.Result.Positions - 1, Math.Min(TokensShown, view.Top)));
                }
            }

            table.Row([.. row]);
        }

        return table;
    }

    /// <summary>The effective depth in a sentence.</summary>
    public static string Depth(LensMeans means)
    {
        EffectiveDepth depth = means.Depth;
        string At(int? layer) => layer is { } l
            ? string.Create(CultureInfo.InvariantCulture, $"first at the input of layer {l} ({depth.Ratio(l):F2} of the depth)")
            : "at no layer";
        return $"Effective depth: KL below half of its largest {At(depth.Divergence)}, more than 30 % of the top {LensView.OverlapCount} shared {At(depth.Overlap)}; a bump in a curve moves either.";
    }

    // Probability and rank at the last position of each prompt.
    private static TablePart Target(IReadOnlyList<LensView> views, int target)
    {
        LensView first = views[0];
        TablePart table = new TablePart($"target_{Rendering.Text.Of(target)}", $"Target {first.Token(first.Targets[target])} at the last position")
        {
            Note = "rank 0 is the top" + (views.Count > 1 ? $"; means over {views.Count} prompts" : ""),
            OnScreen = views.Count > 1,
        }.Column("layer", flexible: false).Number("probability", "F6").Number("rank", views.Count > 1 ? "F1" : "F0");
        for (int s = 0; s < first.Result.States; s++)
        {
            (double Probability, int Rank)[] values = [.. views.Select(v => v.Target(s, v.Result.Positions - 1, target))];
            table.Row(LensView.StateName(s), values.Average(v => v.Probability), values.Average(v => v.Rank));
        }

        return table;
    }

    private static TablePart Tokens(IReadOnlyList<LensView> views)
    {
        TablePart table = new TablePart("tokens", "Most probable token after each layer") { OnScreen = false }.Number("prompt", "F0").Number("position", "F0").Column("input");
        int states = views[0].Result.States;
        for (int s = 0; s < states; s++)
        {
            table.Column(LensView.StateName(s));
        }

        for (int v = 0; v < views.Count; v++)
        {
            LensView view = views[v];
            for (int p = 0; p < view.Result.Positions; p++)
            {
                table.Row([v, view.FirstPosition + p, view.TokenAt(p), .. Enumerable.Range(0, states).Select(s => (object?)view.Token(view.TopAt(s, p, 0).Id))]);
            }
        }

        return table;
    }

    private static LinesPart Lines(string name, string title, string unit, LensMeans means, LensMeans? modules, Func<LensMeans, Func<int, Estimate>> measure)
    {
        int[] states = [.. Enumerable.Range(0, means.States)];
        var part = new LinesPart(name, title, "layer", unit, [.. states.Select(s => s - 1.0)]) { Labels = [.. states.Select(LensView.StateName)] };
        part.Line("layer", (Estimate[])[.. states.Select(measure(means))]);
        for (int m = 0; m < LensModules.All.Count && modules is not null; m++)
        {
            // The embedding is no module's output.
            var none = new Estimate(double.NaN, double.NaN, double.NaN, 0);
            part.Line(LensModules.All[m].Name, (Estimate[])[none, .. Enumerable.Range(0, states.Length - 1).Select(l => measure(modules)(LensModules.State(m, l, states.Length - 1)))]);
        }

        return part;
    }

    private static HeatMapPart Map(LensView view, string name, string title, string unit, float[] values)
    {
        double[,] map = Maps.Of(view.Result.States, view.Result.Positions, (s, p) => values[view.Result.Row(s, p)]);
        return new HeatMapPart(
            name, title, [.. Enumerable.Range(0, view.Result.States).Select(LensView.StateName)], [.. Enumerable.Range(0, view.Result.Positions).Select(view.TokenAt)], map)
        {
            RowAxis = "layer",
            ColumnAxis = "token",
            ValueAxis = unit,
        };
    }
}
