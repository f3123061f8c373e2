using System.Globalization;
using Weir.Analysis.Recall;
using Weir.Analysis.Statistics;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Recall;

/// <summary>The tables and plots of weir recall.</summary>
internal sealed class RecallReport(Model model, RecallTask task, RecallResult result, RecallOptions options, float threshold)
{
    private const int Shown = 8;

    private readonly ItemResampling _byItem = new([.. task.Prompts.Select(p => p.Item)]);

    /// <summary>All of it.</summary>
    public Report Make()
    {
        var report = new Report("Recall of facts", $"{SpecText.Line(model.Location, model.Spec)}; {task.Name}: {task.Kept}; corrupted prompts: {task.Corruption}.")
        {
            Paper = "Lv et al. 2024, arXiv 2403.19521",
        };
        report.Add(Baseline()).Add(Senders()).Add(HeadMap()).Add(MlpBars()).Add(Attribution()).Add(Movers()).Add(MoverPoints());
        if (result.Fits.Count > 0)
        {
            report.Add(Fits());
        }

        if (result.Chosen is { Fit.Gamma: not null } chosen)
        {
            report.Add(Gammas(chosen, chosen.Fit.Gamma)).Add(GammaBars(chosen, chosen.Fit.Gamma));
        }

        AddTensors(report);
        return report.Add(Final()).Add(Mitigations());
    }

    // What tables have as means, prompt by prompt.
    private void AddTensors(Report report)
    {
        int n = task.Prompts.Count, layers = model.Spec.Layers, heads = model.Spec.Attention.Heads;
        PathPatchingResult p = result.Patching;
        void Add(string name, long[] shape, IEnumerable<double> values) => report.Tensor(name, shape, (ReadOnlyMemory<float>)values.Select(v => (float)v).ToArray());
        Add("patch.clean", [n], p.Clean);
        Add("patch.heads", [layers, heads, n], p.Heads.Cast<double[]>().SelectMany(v => v));
        Add("patch.attentions", [layers, n], p.Attentions.SelectMany(v => v));
        Add("patch.mlps", [layers, n], p.Mlps.SelectMany(v => v));
        Add("attribution", [result.Attribution.Parts.Count, n], result.Attribution.Parts.SelectMany(a => a.Values));
        if (result.Chosen is { Fit.Intercept: { } b } chosen)
        {
            Add($"intercept.{chosen.Layer}", [b.Length], b.Select(v => (double)v));
        }
    }

    private TablePart Baseline()
    {
        string prompt = task.Prompts.Count == 1 ? $"\"{task.Prompts[0].Text}\", answer {TokenText.Of(model.Tokenizer, task.Prompts[0].AnswerId)}"
            : $"{task.Kept}, such as \"{task.Prompts[^1].Text}\"";
        TablePart table = new TablePart("baseline", "The answer as it is")
        {
            Note = $"{prompt}; pi: logit less the mean logit; means with 95 % intervals over {(task.Prompts.Count == 1 ? "one prompt: none" : "items")}",
        }.Column("prompts").Number("n", "N0").Number("pi", "F2").Column("", flexible: false).Number("p", "F3").Number("median rank", "F0").Number("first", "P0").Column("most often first");
        Add("as the model expects", result.Baseline);
        if (result.WithoutBegin is { } bare)
        {
            Add($"without {TokenText.Of(model.Tokenizer, task.Prompts[0].Tokens[0])}", bare);
        }

        if (result.InContext is { } wrong)
        {
            Add("the text's wrong answer", wrong);
        }

        return table;

        void Add(string name, RecallBaseline b)
        {
            Estimate pi = _byItem.Mean(b.Pi);
            string first = string.Join("  ", b.Top.GroupBy(t => t).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Take(3)
                .Select(g => $"{TokenText.Of(model.Tokenizer, g.Key)} {g.Count() * 100 / b.Top.Length}%"));
            table.Row(
                name, b.Pi.Length, pi.Mean, Interval(pi, "F2"), b.Probabilities.Average(),
                Bootstrap.Quantile([.. b.Ranks.Select(r => (double)r)], 0.5), b.Ranks.Average(r => r == 0 ? 1.0 : 0), first);
        }
    }

    private TablePart Senders()
    {
        string how = options.Oracle ? "four passes a sender" : "exact short-cut";
        TablePart table = new TablePart("senders", "Path patching to the residual behind the last block")
        {
            Figure = "heat map of heads",
            Note = $"The sender writes at the last position its mean over corrupted prompts ({task.Corruption}; {how}{(options.FreezeMlps ? ", MLPs frozen" : "")}). Change of {MetricName}; score: change in percent of the clean mean {Text.Fixed(result.Patching.CleanMean, 2)}; attribution: what the sender itself adds to pi of the answer",
            MostOnScreen = 10,
        }.Column("sender", flexible: false).Number("score %", "F1").Number("change", "F2").Column("95 %", flexible: false).Number("attribution", "F2");
        var senders = result.Patching.Kept(threshold)
            .Select(k => (Name: $"L{k.Layer}H{k.Head}", Patched: result.Patching.Heads[k.Layer, k.Head], Part: (AttributionPart?)result.Attribution.Head(k.Layer, k.Head)))
            .Concat(result.Patching.Attentions.Select((p, l) => (Name: $"L{l} all heads", Patched: p, Part: (AttributionPart?)null)))
            .Concat(result.Patching.Mlps.Select((p, l) => (Name: $"MLP{l}", Patched: p, Part: (AttributionPart?)result.Attribution.Mlp(l))))
            .OrderByDescending(s => Math.Abs(result.Patching.Change(s.Patched)));
        foreach ((string name, double[] patched, AttributionPart? part) in senders)
        {
            Estimate change = _byItem.Mean([.. patched.Select((p, n) => p - result.Patching.Clean[n])]);
            table.Row(name, result.Patching.Score(patched), change.Mean, Interval(change, "F2"), part?.Values.Average());
        }

        return table;
    }

    private HeatMapPart HeadMap()
    {
        int layers = model.Spec.Layers, heads = model.Spec.Attention.Heads;
        double[,] values = new double[layers, heads];
        for (int l = 0; l < layers; l++)
        {
            for (int h = 0; h < heads; h++)
            {
                values[l, h] = double.NaN;
            }
        }

        foreach ((int l, int h, double score) in result.Patching.Kept(threshold))
        {
            values[l, h] = score;
        }

        return new HeatMapPart("heads", "Score of each head", Names(layers), Names(heads), values)
        {
            RowAxis = "layer",
            ColumnAxis = "head",
            ValueAxis = $"change of {MetricName}, %",
            Diverging = true,
            Figure = "heat map of heads",
            Note = "Purple: the measured value falls without what the head says of this very prompt; orange: it rises.",
        };
    }

    private LinesPart MlpBars() =>
        new LinesPart("mlps", "Score of each MLP", "layer", $"change of {MetricName}, %", [.. Enumerable.Range(0, model.Spec.Layers).Select(l => (double)l)]) { Bars = true }
            .Line("MLP", [.. result.Patching.Mlps.Select(result.Patching.Score)]);

    private LinesPart Attribution()
    {
        double error = result.Attribution.Sums.Zip(result.Attribution.Values, (s, v) => Math.Abs(s - v)).Max();
        return new LinesPart("attribution", "Direct attribution of pi of the answer", "component", "logits", [.. result.Attribution.Parts.Select((_, i) => (double)i)])
        {
            Bars = true,
            Labels = [.. result.Attribution.Parts.Select(p => p.Name)],
            Note = string.Create(CultureInfo.InvariantCulture, $"Parts add up to pi; largest difference {error:G2}. A bias of values counts with the attention, not with its heads."),
        }.Line("mean", [.. result.Attribution.Parts.Select(p => p.Values.Average())]);
    }

    private TablePart Movers()
    {
        TablePart table = new TablePart("movers", "Heads that move the topic")
        {
            Figure = "scatter of attention and write",
            Note = "attention from the last position to the topic, and what the head writes there along the topic's row of the unembedding; r over prompts",
        }.Column("head", flexible: false).Number("attention", "F3").Number("write", "F3").Number("r", "F3").Column("95 %", flexible: false).Number("n", "N0");
        foreach (MoverHead m in result.Movers)
        {
            table.Row($"L{m.Layer}H{m.Head}", m.Attention.Average(), m.Write.Average(), m.Correlation.Mean, Interval(m.Correlation, "F3"), m.Correlation.Count);
        }

        return table;
    }

    private ScatterPart MoverPoints()
    {
        var points = new ScatterPart("mover_points", "Attention to the topic and write along it", "attention from the last position to the topic", "product of the head's output with the topic's row")
        {
            Figure = "scatter of attention and write",
        };
        foreach (MoverHead m in result.Movers)
        {
            for (int n = 0; n < m.Attention.Length; n++)
            {
                points.Point($"L{m.Layer}H{m.Head}", task.Prompts[n].Text, m.Attention[n], m.Write[n]);
            }
        }

        return points;
    }

    private TablePart Fits()
    {
        TablePart table = new TablePart("fits", "MLPs as weighted sums of heads and an intercept")
        {
            Note = string.Create(CultureInfo.InvariantCulture, $"heads of {options.Regression.Span} layers before and of the MLP's own; held out: a third of the items, {options.Regression.Folds} splits; ridge {options.Regression.Ridge}; intercept through the unembedding without a norm"),
        }.Column("MLP", flexible: false).Number("R2", "F3").Number("held out", "F3").Number("condition", "G3").Column("rank", flexible: false).Number("to answers", "F2").Number("their rank", "F0").Column("intercept says");
        for (int i = 0; i < result.Fits.Count; i++)
        {
            MlpRegressionResult fit = result.Fits[i];
            string tokens = result.Intercepts[i] is { } b ? string.Join("  ", b.Tokens.Take(5).Select(t => TokenText.Of(model.Tokenizer, t)))
                : "no answer: regressors depend on one another; use --ridge";
            table.Row(
                $"MLP{fit.Layer}", fit.Fit.R2, fit.HeldOutR2, fit.Fit.Condition, $"{fit.Fit.Rank} of {fit.Fit.Regressors}",
                result.Intercepts[i]?.AnswerProjection, result.Intercepts[i]?.AnswerRank, tokens);
        }

        return table;
    }

    private static TablePart Gammas(MlpRegressionResult fit, double[] gamma)
    {
        TablePart table = new TablePart("gamma", $"How MLP{fit.Layer} weighs heads")
        {
            Note = "1 + gamma: weight of the head behind the MLP; 0: erased, above 1: amplified",
            MostOnScreen = Shown,
        }.Column("head", flexible: false).Number("gamma", "F3").Number("1 + gamma", "F3");
        foreach (int r in Enumerable.Range(0, gamma.Length).OrderByDescending(r => Math.Abs(gamma[r])))
        {
            table.Row(fit.Name(r), gamma[r], 1 + gamma[r]);
        }

        return table;
    }

    private static LinesPart GammaBars(MlpRegressionResult fit, double[] gamma) =>
        new LinesPart("gamma_bars", $"gamma of MLP{fit.Layer}", "regressor", "gamma", [.. gamma.Select((_, i) => (double)i)])
        {
            Bars = true,
            Labels = [.. gamma.Select((_, i) => fit.Name(i))],
        }.Line("gamma", gamma);

    private TablePart Final()
    {
        FinalLayerResult f = result.Final;
        int layer = model.Spec.Layers - 1;
        TablePart table = new TablePart("final", $"What the last block ({layer}) does to answers")
        {
            Note = !double.IsFinite(f.Answer.Low) ? "one item: no interval"
                : f.IsSuppressing ? "it lowers the answer: its interval ends below 0"
                : f.Answer.Low > 0 ? "it raises the answer: no suppression here" : "no clear effect on the answer: its interval holds 0",
        }.Column("component", flexible: false).Number("pi(answer)", "F2").Column("95 %", flexible: false).Number("pi(first token)", "F2").Column(" 95 %", flexible: false);
        for (int h = 0; h < f.AnswerHeads.Count; h++)
        {
            table.Row($"L{layer}H{h}", f.AnswerHeads[h].Mean, Interval(f.AnswerHeads[h], "F2"), f.TopHeads[h].Mean, Interval(f.TopHeads[h], "F2"));
        }

        table.Row($"MLP{layer}", f.AnswerMlp.Mean, Interval(f.AnswerMlp, "F2"), f.TopMlp.Mean, Interval(f.TopMlp, "F2"));
        table.Row("together, the attention's biases too", f.Answer.Mean, Interval(f.Answer, "F2"), f.Top.Mean, Interval(f.Top, "F2"));
        return table;
    }

    private TablePart Mitigations()
    {
        TablePart table = new TablePart("mitigations", "Undoing it")
        {
            Note = $"heads scaled: {(result.Final.Suppressing.Count == 0 ? "none lowers the answer" : string.Join(" ", result.Final.Suppressing.Select(h => $"L{model.Spec.Layers - 1}H{h}")))}; cost: KL(model || changed model) on unrelated texts, nats a position; gains are on the prompts that chose the heads and the fit, which flatters them",
        }.Column("change", flexible: false).Number("lambda", "F2").Number("p", "F3").Number("median rank", "F0").Number("first", "P0").Number("cost", "F4").Column("95 %", flexible: false);
        foreach (MitigationRow row in result.Final.Rows)
        {
            table.Row(Name(row.Mitigation), row.Lambda, row.Probability.Mean, row.Rank, row.Accuracy.Mean, row.Cost.Mean, Interval(row.Cost, "F4"));
        }

        return table;
    }

    /// <summary>A mitigation's name in results.</summary>
    public static string Name(Mitigation? mitigation) => mitigation switch
    {
        Mitigation.Heads => "heads",
        Mitigation.Mlp => "mlp",
        Mitigation.Regression => "regress",
        Mitigation.Unigram => "unigram",
        _ => "none",
    };

    private string MetricName => options.Metric switch
    {
        RecallMetric.Answer => "pi(answer)",
        RecallMetric.Topic => "pi(topic)",
        _ => "pi(answer) - pi(topic)",
    };

    private static string Interval(Estimate e, string format) => double.IsFinite(e.Low) && double.IsFinite(e.High)
        ? string.Create(CultureInfo.InvariantCulture, $"{e.Low.ToString(format, CultureInfo.InvariantCulture)} .. {e.High.ToString(format, CultureInfo.InvariantCulture)}")
        : "";

    private static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => Text.Of(i))];
}
