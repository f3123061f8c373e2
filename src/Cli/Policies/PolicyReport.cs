using System.Globalization;
using Weir.Analysis.Policies;
using Weir.Analysis.Statistics;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Policies;

/// <summary>Internal policies as a report.</summary>
internal static class PolicyReport
{
    /// <summary>Its tables and figures.</summary>
    /// <param name="model">The model.</param>
    /// <param name="result">The measures.</param>
    /// <param name="reading">How states were read, in words.</param>
    public static Report Make(Model model, PolicyResult result, string reading)
    {
        var report = new Report("Policies", $"The next-token policy of every layer, attention and FFN over {Answers(result)}: {reading}.")
        {
            Paper = "Tan et al. 2025, Bottom-up Policy Optimization, arXiv 2512.19673",
        };
        report.Add(Entropies(result, reading)).Add(Changes(result)).Add(Outputs(result)).Add(Answers(model, result));
        double[] x = [.. Enumerable.Range(1, result.Layers).Select(l => (double)l)];
        LinesPart Lines(string name, string title, string unit, string figure, bool bars, params (string Name, PolicyMeasure Measure)[] lines)
        {
            var part = new LinesPart(name, title, "layer, from 1", unit, x) { Figure = figure, Bars = bars };
            foreach ((string line, PolicyMeasure measure) in lines)
            {
                part.Line(line, (Estimate[])[.. Enumerable.Range(0, result.Layers).Select(l => result.Mean(measure, l))]);
            }

            return part;
        }

        report.Add(Lines(
            "entropy_flow", "Entropy flow", "entropy, nats", "figures 2 and 13", false,
            ("layer input", PolicyMeasure.LayerInputEntropy), ("attention output", PolicyMeasure.AttentionEntropy), ("FFN output", PolicyMeasure.FfnEntropy), ("layer output", PolicyMeasure.LayerEntropy))
            .Line("ln V", [.. x.Select(_ => result.Ceiling)]));
        report.Add(Lines("dH_attention", "Entropy change by attention", "dH, nats", "figures 3 and 14, top", true, ("attention", PolicyMeasure.AttentionChange)));
        report.Add(Lines("dH_ffn", "Entropy change by the FFN", "dH, nats", "figures 3 and 14, bottom", true, ("FFN", PolicyMeasure.FfnChange)));
        report.Add(Lines("cosines", "Cosine with the residual that an output is added to", "cosine", "figure 12", false, ("attention", PolicyMeasure.AttentionCosine), ("FFN", PolicyMeasure.FfnCosine)));
        report.Add(Lines(
            "kl", "KL(policy || the model's own)", "KL, nats", "figure 5 (d), other states", false,
            ("attention output", PolicyMeasure.AttentionDivergence), ("FFN output", PolicyMeasure.FfnDivergence), ("layer output", PolicyMeasure.LayerDivergence)));
        foreach ((string name, PolicyMeasure measure) in PolicyJson.Fields)
        {
            float[] values = [.. Enumerable.Range(0, result.Samples.Count).SelectMany(s => Enumerable.Range(0, result.Layers).Select(l => (float)result[measure, s, l]))];
            report.Tensor(name, [result.Samples.Count, result.Layers], values);
        }

        return report;
    }

    private static TablePart Entropies(PolicyResult result, string reading)
    {
        Estimate own = result.FinalEntropy;
        TablePart table = new("entropies", "Entropy of each policy, in nats")
        {
            Note = string.Create(CultureInfo.InvariantCulture, $"{Answers(result)}, {result.Samples.Average(s => s.Response.Count):F1} tokens on average; {reading}; even over the vocabulary {result.Ceiling:F3}, the model's own policy {own.Mean:F3}{Interval(own)}; layers count from 1, index is the layer of every other verb"),
        };
        table.Number("layer", "F0").Number("index", "F0").Number("layer in", "F3").Number("attention in", "F3").Number("attention out", "F3").Number("FFN in", "F3").Number("FFN out", "F3").Number("layer out", "F3");
        for (int l = 0; l < result.Layers; l++)
        {
            double At(PolicyMeasure measure) => result.Mean(measure, l).Mean;
            table.Row(
                l + 1, l, At(PolicyMeasure.LayerInputEntropy), At(PolicyMeasure.AttentionInputEntropy), At(PolicyMeasure.AttentionEntropy),
                At(PolicyMeasure.FfnInputEntropy), At(PolicyMeasure.FfnEntropy), At(PolicyMeasure.LayerEntropy));
        }

        return table;
    }

    private static TablePart Changes(PolicyResult result)
    {
        Estimate boundary = result.BoundaryLayer;
        TablePart table = new("changes", "Entropy change: output less input, in nats")
        {
            Note = string.Create(CultureInfo.InvariantCulture, $"attention's and FFN's input is the state behind the norm in front of them, a layer's is the residual; low and high: 95 % interval over {(result.Prompts > 1 ? "prompts" : "answers")}. {Boundary(boundary)}"),
        };
        table.Number("layer", "F0").Number("index", "F0");
        foreach (string part in (string[])["dH layer", "dH attention", "dH FFN"])
        {
            table.Number(part, "F3").Number("low", "F3").Number("high", "F3");
        }

        for (int l = 0; l < result.Layers; l++)
        {
            Estimate layer = result.Mean(PolicyMeasure.LayerChange, l), attention = result.Mean(PolicyMeasure.AttentionChange, l), ffn = result.Mean(PolicyMeasure.FfnChange, l);
            table.Row(l + 1, l, layer.Mean, layer.Low, layer.High, attention.Mean, attention.Low, attention.High, ffn.Mean, ffn.Low, ffn.High);
        }

        return table;
    }

    private static TablePart Outputs(PolicyResult result)
    {
        TablePart table = new("outputs", "Direction, and distance from the model's own policy")
        {
            Note = $"cosine of an output with the residual that it is added to; KL(policy || the model's own) in nats; share of the {result.Options.TopK} first tokens of a layer that are the model's own",
        };
        table.Number("layer", "F0").Number("index", "F0").Number("cos attention", "F3").Number("cos FFN", "F3").Number("KL attention", "F2").Number("KL FFN", "F2").Number("KL layer", "F2").Number("shared", "P0");
        for (int l = 0; l < result.Layers; l++)
        {
            double At(PolicyMeasure measure) => result.Mean(measure, l).Mean;
            table.Row(
                l + 1, l, At(PolicyMeasure.AttentionCosine), At(PolicyMeasure.FfnCosine), At(PolicyMeasure.AttentionDivergence), At(PolicyMeasure.FfnDivergence),
                At(PolicyMeasure.LayerDivergence), At(PolicyMeasure.LayerOverlap));
        }

        return table;
    }

    private static TablePart Answers(Model model, PolicyResult result)
    {
        TablePart table = new TablePart("answers", "Answers") { MostOnScreen = 5 }.Number("tokens", "F0").Column("prompt").Column("answer");
        foreach (PolicySample sample in result.Samples)
        {
            string Text(IReadOnlyList<int> ids) => string.Concat(ids.Select(id => TokenText.Of(model, id)));
            table.Row(sample.Response.Count, Text(sample.Prompt), Text(sample.Response));
        }

        return table;
    }

    private static string Answers(PolicyResult result) =>
        $"{result.Samples.Count} {(result.Samples.Count == 1 ? "answer" : "answers")} to {result.Prompts} {(result.Prompts == 1 ? "prompt" : "prompts")}";

    private static string Boundary(Estimate layer) => layer.Mean == 0
        ? "No layer's FFN raises the entropy."
        : string.Create(CultureInfo.InvariantCulture, $"Boundary layer, the last whose FFN raises the entropy: {layer.Mean} (index {layer.Mean - 1}){(layer.Count > 1 ? $", 95 % interval {layer.Low:0.#} to {layer.High:0.#}" : "")}.");

    private static string Interval(Estimate value) => value.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({value.Low:F3} to {value.High:F3})") : "";
}
