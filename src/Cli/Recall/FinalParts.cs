using Weir.Analysis.Recall;
using Weir.Analysis.Statistics;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Recall;

/// <summary>What the last block does to answers, and what undoing it does.</summary>
internal static class FinalParts
{
    /// <summary>Adds them.</summary>
    public static void Add(Report report, Model model, FinalLayerResult final)
    {
        int layer = model.Spec.Layers - 1;
        report.Add(Block(final, layer)).Add(Mitigations(final, layer)).Add(Costs(final, model.HasTokenizer));
    }

    private static TablePart Block(FinalLayerResult f, int layer)
    {
        string what = f.Answer.Count == 0 ? "no prompt has a finite value"
            : !double.IsFinite(f.Answer.Low) ? "one item: no interval"
            : f.IsSuppressing ? "it lowers the answer: its interval ends below 0"
            : f.Answer.Low > 0 ? "it raises the answer: no suppression here" : "no clear effect on the answer: its interval holds 0";
        TablePart table = new TablePart("final", $"What the last block ({layer}) does to answers")
        {
            Note = $"{what}; logits added to pi of the answer and of the first token, with 95 % intervals over items, from {Text.Count(f.Answer.Count, "prompt")}",
        }.Column("component", flexible: false).Number("answer", "F2").Number("low", "F2").Number("high", "F2").Number("first token", "F2").Number("its low", "F2").Number("its high", "F2");
        for (int h = 0; h < f.AnswerHeads.Count; h++)
        {
            Add($"L{layer}H{h}", f.AnswerHeads[h], f.TopHeads[h]);
        }

        Add($"MLP{layer}", f.AnswerMlp, f.TopMlp);
        Add("together, with biases", f.Answer, f.Top);
        return table;

        void Add(string name, Estimate answer, Estimate top) => table.Row(name, answer.Mean, answer.Low, answer.High, top.Mean, top.Low, top.High);
    }

    private static TablePart Mitigations(FinalLayerResult f, int layer)
    {
        string scored = f.Folds.Count == 0
            ? "changes that some items would choose and others score, heads and regress, need three items"
            : $"scored on items held out, {f.Folds[0].HeldOut.Count} in each of {f.Folds.Count} folds, n prompts in all; what is changed is chosen by the others: heads that lower the answer ({Heads(f, layer)}), and regress fits the MLP";
        TablePart table = new TablePart("mitigations", "Undoing it")
        {
            Note = $"{scored}; gain of p against none, with its 95 % interval over items",
        }.Column("change", flexible: false).Number("lambda", "F2").Number("n", "N0").Number("p", "F3").Number("gain", "F4").Number("low", "F4").Number("high", "F4")
            .Number("median rank", "F0").Number("first", "P0");
        foreach (MitigationRow row in f.Rows)
        {
            table.Row(
                FinalJson.Name(row.Mitigation), row.Lambda, row.Probability.Count, row.Probability.Mean, row.Gain.Mean, row.Gain.Low, row.Gain.High,
                row.Rank, row.Accuracy.Mean);
        }

        return table;
    }

    private static TablePart Costs(FinalLayerResult f, bool areTexts)
    {
        TablePart table = new TablePart("costs", "What undoing it costs")
        {
            Note = $"KL(model || changed model) on {(areTexts ? "texts that have nothing to do with facts" : "token ids drawn at random, there being no tokenizer")}, nats a position, with its 95 % interval over texts",
        }.Column("change", flexible: false).Number("lambda", "F2").Number("texts", "N0").Number("cost", "F4").Number("low", "F4").Number("high", "F4");
        foreach (MitigationRow row in f.Rows)
        {
            table.Row(FinalJson.Name(row.Mitigation), row.Lambda, row.Cost.Count, row.Cost.Mean, row.Cost.Low, row.Cost.High);
        }

        return table;
    }

    private static string Heads(FinalLayerResult f, int layer)
    {
        string[] heads = [.. f.Folds.SelectMany(fold => fold.Heads).GroupBy(h => h).OrderBy(g => g.Key)
            .Select(g => g.Count() == f.Folds.Count ? $"L{layer}H{g.Key}" : $"L{layer}H{g.Key} in {g.Count()}")];
        return heads.Length == 0 ? "none" : string.Join(", ", heads);
    }
}
