using System.Text.Json;
using Weir.Analysis.Neurons;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Engine.Lens;

namespace Weir.Cli.Neurons;

/// <summary>One neuron as a report.</summary>
internal static class NeuronShowReport
{
    private const int ContextTokens = 8;

    /// <summary>Its tables.</summary>
    public static Report Make(
        Model model, NeuronName name, IReadOnlyList<(NeuronReading Reading, NeuronView View)> views, IReadOnlyList<int[]> texts, IReadOnlyList<NeuronInput> largest, IReadOnlyList<NeuronInput> smallest)
    {
        var report = new Report($"Neuron {name}", "The tokens of its vectors, and the inputs at which it is strongest.") { Paper = NeuronMapReport.Paper };
        report.Add(Vectors(model, views));
        report.Add(Inputs(model, "strongest", "Strongest inputs, the token in brackets", texts, largest));
        report.Add(Inputs(model, "lowest", "Inputs with the lowest values", texts, [.. smallest.Take(3)]));
        return report;
    }

    /// <summary>Its numbers.</summary>
    public static void WriteJson(
        Utf8JsonWriter json, Model model, NeuronName name, IReadOnlyList<(NeuronReading Reading, NeuronView View)> views, IReadOnlyList<int[]> texts, IReadOnlyList<NeuronInput> inputs)
    {
        json.WriteNumber("l", name.Layer);
        json.WriteNumber("i", name.Index);
        json.WriteStartArray("vectors");
        foreach ((NeuronReading reading, NeuronView v) in views)
        {
            json.WriteStartObject();
            json.WriteString("reading", reading.ToString());
            JsonNumbers.Write(json, "norm", v.Norm);
            JsonNumbers.Write(json, "lse", v.LogSumExp);
            JsonNumbers.Write(json, "p_none", v.Probability);
            JsonNumbers.Write(json, "p_scale", v.ScaledProbability);
            RunRecord.WriteIds(json, "ids", v.TopIds);
            JsonNumbers.Write(json, "s", v.Products.Select(s => (double)s));
            JsonNumbers.Write(json, "cos", v.Cosines.Select(c => (double)c));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("inputs");
        foreach (NeuronInput i in inputs)
        {
            json.WriteStartObject();
            JsonNumbers.Write(json, "value", i.Value);
            json.WriteNumber("text", i.Text);
            json.WriteNumber("position", i.Position);
            json.WriteString("context", Context(model, texts[i.Text], i.Position));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static TablePart Vectors(Model model, IReadOnlyList<(NeuronReading Reading, NeuronView View)> views)
    {
        TablePart table = new TablePart("vectors", "Tokens of its vectors, the largest product first") { Note = "norm none, input gain off, unembedding unless said" }
            .Column("vector").Number("|w|", "F2").Number("p", "G3").Number("p scale", "F3").Number("s", "F2").Number("cosine", "F2").Column("tokens");
        foreach ((NeuronReading reading, NeuronView v) in views)
        {
            table.Row(
                $"{Text.Of(reading.Matrix)}{(reading.Basis == LensBasis.Embedding ? ", embedding" : "")}", v.Norm, v.Probability, v.ScaledProbability,
                v.Products[0], v.Cosines[0], string.Join(' ', v.TopIds.Select(id => TokenText.Of(model, id))));
        }

        return table;
    }

    private static TablePart Inputs(Model model, string name, string title, IReadOnlyList<int[]> texts, IReadOnlyList<NeuronInput> inputs)
    {
        TablePart table = new TablePart(name, title).Number("value", "F2").Number("text", "N0").Number("position", "N0").Column("context");
        foreach (NeuronInput i in inputs)
        {
            table.Row(i.Value, i.Text, i.Position, Context(model, texts[i.Text], i.Position));
        }

        return table;
    }

    private static string Context(Model model, int[] ids, int position)
    {
        int first = Math.Max(0, position - ContextTokens), end = Math.Min(ids.Length, position + 3);
        string Of(int from, int to) => string.Concat(Enumerable.Range(from, to - from).Select(p => TokenText.Of(model, ids[p])));
        return $"{(first > 0 ? "…" : "")}{Of(first, position)}[{TokenText.Of(model, ids[position])}]{Of(position + 1, end)}{(end < ids.Length ? "…" : "")}";
    }
}
