using System.Globalization;
using System.Text.Json;
using Weir.Analysis.Neurons;
using Weir.Analysis.Statistics;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Neurons;

/// <summary>A held neuron as a report.</summary>
internal static class NeuronClampReport
{
    /// <summary>Its tables and figures.</summary>
    public static Report Make(
        Model model, IReadOnlyList<NeuronClampResult> results, IReadOnlyList<double[][][]> controls, string[] prompts, int[] tokens, IReadOnlyList<ClampSample> samples)
    {
        NeuronClampOptions o = results[0].Options;
        var report = new Report($"Neuron {new NeuronName(o.Layer, o.Index)} held", $"Next-token probabilities over {Text.Count(prompts.Length, "prompt")}, {(o.GeneratedOnly ? "held from each prompt's last token on" : "held at all positions")}.")
        {
            Paper = NeuronMapReport.Paper,
        };
        foreach ((NeuronClampResult result, double[][][] control) in results.Zip(controls))
        {
            string site = Text.Of(result.Options.Site);
            int others = control[0][0].Length;
            TablePart table = new TablePart(site, $"{site} held: mean over {Text.Count(prompts.Length, "prompt")}")
            {
                Note = FormattableString.Invariant($"largest {site} over the corpus {result.Largest:F2}")
                    + (result.Gates.Length > 0 ? FormattableString.Invariant($"; act(gate) at the prompts' last tokens {result.Gates.Min():F2} to {result.Gates.Max():F2}, 0 or below at {100 * result.ClosedShare:F0} % of the held positions") : "")
                    + "; ranges are 95 % bootstrap intervals over prompts"
                    + (others > 0 ? $"; others: the same values in {others} other neurons of the layer, the mean and the largest of them" : ""),
            }.Column("value", flexible: false);
            foreach (int token in tokens)
            {
                string of = tokens.Length == 1 ? "" : $" {TokenText.Of(model, token)}";
                table.Number($"p({TokenText.Of(model, token)})", "G3").Column($"95 %{of}", flexible: false).Column($"ranks{of}", flexible: false);
                if (others > 0)
                {
                    table.Number($"others{of}", "G2").Number($"their largest{of}", "G2");
                }
            }

            table.Number("KL, nats", "F3");
            foreach (IGrouping<float?, NeuronClampRow> group in Groups(result))
            {
                var cells = new List<object?> { Value(group.Key) };
                for (int t = 0; t < tokens.Length; t++)
                {
                    Estimate p = Bootstrap.Mean([.. group.Select(r => r.Probabilities[t])], seed: 0);
                    int[] ranks = [.. group.Select(r => r.Ranks[t]).Order()];
                    cells.AddRange([p.Mean, double.IsNaN(p.Low) ? "-" : FormattableString.Invariant($"{p.Low:G2} to {p.High:G2}"), $"{ranks[0]} to {ranks[^1]}"]);
                    if (others > 0)
                    {
                        double[] own = group.Key is { } v ? control[Array.IndexOf(result.Values, v)][t] : [double.NaN];
                        cells.AddRange([own.Average(), own.Max()]);
                    }
                }

                cells.Add(group.Average(r => r.Divergence));
                table.Row([.. cells]);
            }

            report.Add(table);
            for (int t = 0; t < tokens.Length; t++)
            {
                report.Add(Curve(model, result, prompts, tokens, t));
            }
        }

        TablePart texts = new TablePart("texts", $"Continuations with {Text.Of(samples[^1].Site)} held").Column("value", flexible: false).Column("prompt").Column("continuation");
        foreach (ClampSample s in samples)
        {
            texts.Row(Value(s.Value), s.Prompt, TokenText.Harmless(s.Continuation).ReplaceLineEndings("↵"));
        }

        report.Add(texts);
        return report;
    }

    /// <summary>Its numbers.</summary>
    public static void WriteJson(
        Utf8JsonWriter json, Model model, IReadOnlyList<NeuronClampResult> results, IReadOnlyList<double[][][]> controls, string[] prompts, int[] tokens, IReadOnlyList<ClampSample> samples)
    {
        json.WriteStartArray("clamps");
        foreach ((NeuronClampResult result, double[][][] control) in results.Zip(controls))
        {
            NeuronClampOptions o = result.Options;
            json.WriteStartObject();
            json.WriteNumber("l", o.Layer);
            json.WriteNumber("i", o.Index);
            json.WriteString("site", Text.Of(o.Site));
            json.WriteString("positions", o.GeneratedOnly ? "generated" : "all");
            json.WriteString("unit", o.Multiples ? "largest activation" : "absolute");
            JsonNumbers.Write(json, "largest", result.Largest);
            JsonNumbers.Write(json, "closed_share", result.ClosedShare);
            json.WriteStartArray("control");
            for (int v = 0; v < control.Length; v++)
            {
                json.WriteStartObject();
                JsonNumbers.Write(json, "c", result.Values[v]);
                WriteTargets(json, model, tokens, t => JsonNumbers.Write(json, "p", control[v][t]));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("prompts");
            for (int p = 0; p < prompts.Length; p++)
            {
                json.WriteStartObject();
                json.WriteString("text", prompts[p]);
                json.WriteStartArray("rows");
                foreach (NeuronClampRow row in result.Rows.Where(r => r.Prompt == p))
                {
                    WriteRow(json, model, row, tokens);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("samples");
        foreach (ClampSample s in samples)
        {
            json.WriteStartObject();
            JsonNumbers.Write(json, "c", s.Value ?? double.NaN);
            json.WriteString("prompt", s.Prompt);
            json.WriteString("text", s.Continuation);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRow(Utf8JsonWriter json, Model model, NeuronClampRow row, int[] tokens)
    {
        json.WriteStartObject();
        JsonNumbers.Write(json, "c", row.Value ?? double.NaN);
        JsonNumbers.Write(json, "p", row.Probabilities[0]);
        json.WriteNumber("rank", row.Ranks[0]);
        JsonNumbers.Write(json, "kl_nats", row.Divergence);
        WriteTargets(json, model, tokens, t =>
        {
            JsonNumbers.Write(json, "p", row.Probabilities[t]);
            json.WriteNumber("rank", row.Ranks[t]);
        });
        json.WriteEndObject();
    }

    private static void WriteTargets(Utf8JsonWriter json, Model model, int[] tokens, Action<int> write)
    {
        json.WriteStartArray("targets");
        for (int t = 0; t < tokens.Length; t++)
        {
            json.WriteStartObject();
            json.WriteString("token", model.Tokenizer.TokenText(tokens[t]));
            write(t);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Value(float? value) => value is not { } v ? "unchanged"
        : v == 0 || Math.Abs(v) is >= 0.01f and < 1e6f ? Text.Fixed(v, 2) : v.ToString("G3", CultureInfo.InvariantCulture);

    private static IEnumerable<IGrouping<float?, NeuronClampRow>> Groups(NeuronClampResult result) => result.Rows.GroupBy(r => r.Value).OrderBy(g => g.Key ?? float.NegativeInfinity);

    private static LinesPart Curve(Model model, NeuronClampResult result, string[] prompts, int[] tokens, int target)
    {
        string site = Text.Of(result.Options.Site);
        double[] values = [.. result.Values.Order().Select(v => (double)v)];
        var lines = new LinesPart($"{site}_curve{(tokens.Length == 1 ? "" : $"_{Text.Of(tokens[target])}")}", $"p({TokenText.Of(model, tokens[target])}) against the value of {site}", "value", "probability", values);
        for (int p = 0; p < prompts.Length; p++)
        {
            Dictionary<double, double> own = result.Rows.Where(r => r.Prompt == p && r.Value is not null)
                .ToDictionary(r => (double)r.Value!.Value, r => r.Probabilities[target]);
            lines.Line(prompts[p], [.. values.Select(v => own[v])]);
        }

        return lines;
    }
}
