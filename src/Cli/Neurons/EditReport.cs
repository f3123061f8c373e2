using System.Text.Json;
using Weir.Analysis.Neurons;
using Weir.Analysis.Statistics;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Neurons;

/// <summary>An edit as a report.</summary>
internal static class EditReport
{
    /// <summary>Its tables.</summary>
    public static Report Make(Model model, EditOutcome o)
    {
        var report = new Report(o.Word is null ? "Patched weights" : $"The concept '{o.Word}' taken out", "MLP vectors along a concept's direction turned round.")
        {
            Paper = "arXiv 2412.10257, TARS",
        };
        if (o.Vector is { } v)
        {
            TablePart steps = new TablePart("edits", "Vectors turned round, in this order")
            {
                Note = FormattableString.Invariant($"v0 behind layer {v.Layer}, p of '{TokenText.Of(model, o.Texts.Trigger.Token)}' in it {v.StartProbability:F3}, in the refined vector {v.Probability:F3} after {v.Rounds} rounds; p is the prompt's with this and all earlier edits; as many vectors drawn at random turned round instead leave p at {o.Control.Average():F3} on average, at least {o.Control.Min():F3} ({o.Control.Length} draws)"),
            }.Column("vector", flexible: false).Number("cosine", "F3").Number("|w|", "F2").Number("p", "F4");
            foreach (ConceptEditStep s in o.Steps)
            {
                steps.Row(s.Vector.Vector.ToString(), s.Vector.Cosine, s.Vector.Norm, s.Probability);
            }

            report.Add(steps);
        }

        if (o.Texts.All.Count > 0)
        {
            TablePart texts = new TablePart("texts", "What comes next, before and with the edits")
                .Column("text").Column("direction", flexible: false).Column("language").Column("token", flexible: false).Number("p before", "F3").Number("p after", "F3").Column("before").Column("after");
            foreach (EditText t in o.Texts.All)
            {
                texts.Row(t.Text, t.Direction, t.Language, TokenText.Of(model, t.Token), t.Before, t.After, Line(t.ContinuationBefore), Line(t.ContinuationAfter));
            }

            report.Add(texts);
        }

        EditCosts c = o.Costs;
        TablePart costs = new TablePart("costs", "What it costs elsewhere")
        {
            Note = (c.UsesOwnTexts ? "KL on the texts of --file" : $"KL on {c.TaskCount} sentences of indirect objects, which cannot be compared with figures on other texts")
                + $"; {Text.Count(o.Restored, "vector")} put back: {(o.IsRestored ? "the model is what it was, bit for bit" : "the model is NOT what it was")}",
        }.Column("measure", flexible: false).Number("value", "G4");
        costs.Row($"KL(before || after), nats: median of {c.Divergences.Length} tokens", Bootstrap.Quantile(c.Divergences, 0.5));
        costs.Row("KL, 90th percentile", Bootstrap.Quantile(c.Divergences, 0.9));
        costs.Row("KL, largest", c.Divergences.Length == 0 ? double.NaN : c.Divergences[^1]);
        costs.Row($"accuracy on {c.TaskCount} indirect objects, before", c.AccuracyBefore);
        costs.Row("accuracy with the edits", c.AccuracyAfter);
        return report.Add(costs);
    }

    /// <summary>Its numbers.</summary>
    public static void WriteJson(Utf8JsonWriter json, EditOutcome o, double? threshold)
    {
        json.WriteString("concept", o.Word);
        if (o.Vector is { } v)
        {
            json.WriteNumber("layer_v0", v.Layer);
            JsonNumbers.Write(json, "p_v0", v.StartProbability);
            JsonNumbers.Write(json, "p_t", v.Probability);
        }

        JsonNumbers.Write(json, "threshold", threshold ?? double.NaN);
        JsonNumbers.Write(json, "control", o.Control);
        json.WriteStartArray("edits");
        foreach (ConceptEditStep s in o.Steps)
        {
            json.WriteStartObject();
            json.WriteNumber("l", s.Vector.Vector.Layer);
            json.WriteString("matrix", Text.Of(s.Vector.Vector.Matrix));
            json.WriteNumber("i", s.Vector.Vector.Index);
            JsonNumbers.Write(json, "cos", s.Vector.Cosine);
            JsonNumbers.Write(json, "norm", s.Vector.Norm);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("trigger");
        foreach (EditText text in o.Texts.All)
        {
            json.WriteStartObject();
            json.WriteString("prompt", text.Text);
            json.WriteString("direction", text.Direction);
            json.WriteString("lang", text.Language);
            json.WriteNumber("id", text.Token);
            JsonNumbers.Write(json, "before", text.Before);
            JsonNumbers.Write(json, "after", text.After);
            json.WriteString("text_before", text.ContinuationBefore);
            json.WriteString("text_after", text.ContinuationAfter);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        EditCosts c = o.Costs;
        json.WriteStartObject("kl");
        json.WriteString("text", c.UsesOwnTexts ? "file" : "indirect objects; not comparable with figures on other texts");
        JsonNumbers.Write(json, "median", Bootstrap.Quantile(c.Divergences, 0.5));
        JsonNumbers.Write(json, "p90", Bootstrap.Quantile(c.Divergences, 0.9));
        JsonNumbers.Write(json, "max", Bootstrap.Quantile(c.Divergences, 1));
        json.WriteNumber("n", c.Divergences.Length);
        json.WriteEndObject();
        json.WriteStartObject("task");
        json.WriteNumber("n", c.TaskCount);
        JsonNumbers.Write(json, "before", c.AccuracyBefore);
        JsonNumbers.Write(json, "after", c.AccuracyAfter);
        json.WriteEndObject();
        json.WriteBoolean("restored", o.IsRestored);
        json.WriteString("undo_file", o.Steps.Count > 0 ? "patch.safetensors" : null);
    }

    private static string Line(string text) => TokenText.Harmless(text).ReplaceLineEndings("↵");
}
