using System.Text.Json;
using Weir.Analysis.Neurons;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Neurons;

/// <summary>The agreement of two checkpoints as a report.</summary>
internal static class AgreementReport
{
    /// <summary>Its table and figure.</summary>
    public static Report Make(Model model, Model changed, NeuronReading reading, AgreementResult result)
    {
        var report = new Report("Agreement of checkpoints", $"{SpecText.Line(model.Location, model.Spec)} and {SpecText.Line(changed.Location, changed.Spec)}: {reading}, {Head(result)}.")
        {
            Paper = NeuronMapReport.Paper,
        };
        TablePart table = new TablePart("agreement", "Neurons with the same first token in both")
        {
            Note = FormattableString.Invariant($"{reading}, {Head(result)}: {100 * result.Overall:F1} % of {result.PerLayer.Length * result.Neurons} neurons, random vectors of the same lengths ({result.NullCount}) {100 * result.Null:F1} %"),
        }.Number("layer", "N0").Number("neurons", "N0").Number("same token", "P1").Number("null", "P1");
        for (int l = 0; l < result.PerLayer.Length; l++)
        {
            table.Row(l, result.Neurons, result.PerLayer[l], result.Null);
        }

        report.Add(table);
        double[] layers = [.. Enumerable.Range(0, result.PerLayer.Length).Select(l => (double)l)];
        report.Add(new LinesPart("curve", "Agreement by layer", "layer", "share of neurons", layers)
            .Line("same token", result.PerLayer).Line("random vectors", [.. layers.Select(_ => result.Null)]));
        return report;
    }

    /// <summary>Its numbers.</summary>
    public static void WriteJson(Utf8JsonWriter json, Model model, Model changed, NeuronReading reading, AgreementResult result)
    {
        json.WriteString("base", Path.GetFullPath(model.Location));
        json.WriteString("instruct", Path.GetFullPath(changed.Location));
        json.WriteString("instruct_hash", changed.Hash);
        json.WriteString("reading", reading.ToString());
        json.WriteString("head_used", Head(result));
        JsonNumbers.Write(json, "overall", result.Overall);
        JsonNumbers.Write(json, "per_layer", result.PerLayer);
        JsonNumbers.Write(json, "null", result.Null);
        json.WriteNumber("null_n", result.NullCount);
        json.WriteNumber("n", result.PerLayer.Length * result.Neurons);
    }

    private static string Head(AgreementResult result) => result.SharedHead ? "the base's unembedding for both" : "each model's own unembedding";
}
