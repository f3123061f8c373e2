using Weir.Analysis.Recall;
using Weir.Analysis.Statistics;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Recall;

/// <summary>The tables and plots of weir recall.</summary>
internal sealed class RecallReport(Model model, RecallTask task, RecallResult result, RecallOptions options, float threshold)
{
    /// <summary>All of it.</summary>
    public Report Make()
    {
        var report = new Report("Recall of facts", $"{SpecText.Line(model.Location, model.Spec)}; {task.Name}: {task.Kept}; corrupted prompts: {task.Corruption}.")
        {
            Paper = "Lv et al. 2024, arXiv 2403.19521",
        };
        report.Add(Baseline());
        new PatchParts(task, result, options, threshold).Add(report);
        MoverParts.Add(report, task, result.Movers);
        FitParts.Add(report, model, result, options.Regression);
        FinalParts.Add(report, model, result.Final);
        AddTensors(report);
        return report;
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
        bool one = task.Prompts.Count == 1;
        string prompt = one ? $"\"{task.Prompts[0].Text}\", answer {TokenText.Of(model, task.Prompts[0].AnswerId)}"
            : $"{task.Kept}, such as \"{task.Prompts[^1].Text}\"";
        string logit = model.Spec.FinalSoftcap > 0 ? "logit before softcap" : "logit";
        TablePart table = new TablePart("baseline", "The answer as it is")
        {
            Note = $"{prompt}; pi: {logit} less the mean {logit}{(one ? "" : ", with its 95 % interval over items, from n prompts")}",
        }.Column("prompts").Number("n", "N0").Number("pi", "F2").Number("low", "F2").Number("high", "F2").Number("p", "F3").Number("median rank", "F0").Number("first", "P0").Column("most often first");
        Add("as the model expects", result.Baseline);
        if (result.WithoutBegin is { } bare)
        {
            Add($"without {TokenText.Of(model, task.Prompts[0].Tokens[0])}", bare);
        }

        if (result.InContext is { } wrong)
        {
            Add("the text's wrong answer", wrong);
        }

        return table;

        void Add(string name, RecallBaseline b)
        {
            Estimate pi = task.ByItem.Mean(b.Pi);
            int[] top = [.. b.Answers.Top.Where(t => t >= 0)];
            string first = string.Join("  ", top.GroupBy(t => t).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Take(3)
                .Select(g => $"{TokenText.Of(model, g.Key)} {g.Count() * 100 / top.Length}%"));
            table.Row(
                name, pi.Count, pi.Mean, pi.Low, pi.High, Bootstrap.Average(b.Answers.Probabilities),
                Bootstrap.Quantile([.. b.Answers.Ranks.Where(double.IsFinite)], 0.5), Bootstrap.Average(b.Answers.First), first);
        }
    }
}
