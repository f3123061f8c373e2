using System.Runtime.InteropServices;
using System.Text.Json;
using Weir.Analysis.Neurons;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Neurons;

/// <summary>The neurons of words as a report.</summary>
internal static class NeuronFindReport
{
    /// <summary>Its tables and figures.</summary>
    public static Report Make(Model model, NeuronReading reading, NeuronRank rank, IReadOnlyList<NeuronSearchResult> results)
    {
        string Token(int id) => TokenText.Of(model, id);
        var report = new Report("Neurons of words", $"{reading}, by {Text.Of(rank)}.") { Paper = NeuronMapReport.Paper };
        foreach (NeuronSearchResult r in results)
        {
            string end = results.Count == 1 ? "" : $"_{Text.Of(r.Token)}";
            TablePart table = new TablePart($"neurons{end}", $"Top neurons for '{Token(r.Token)}'")
            {
                Note = FormattableString.Invariant($"{reading}, by {Text.Of(rank)}; p in random vectors of the same lengths ({r.NullProbabilities.Length}): 95 % below {NeuronNull.Percentile(r.NullProbabilities, 0.95):G3}, 99 % below {NeuronNull.Percentile(r.NullProbabilities, 0.99):G3}, largest {r.NullProbabilities[^1]:G3}; the best of {r.Products.Length} neurons is to be read beside the largest"),
            }.Column("neuron", flexible: false).Number("p", "G3").Number("s", "F2").Number("cosine", "F2").Number("rank", "N0").Column("its first tokens").Number("above null", "P1");
            foreach (NeuronHit h in r.Best)
            {
                table.Row(
                    new NeuronName(h.Layer, h.Index).ToString(), h.Probability, h.Product, h.Cosine, h.TokenRank, string.Join(' ', h.TopIds.Select(Token)), h.NullShare);
            }

            report.Add(table);
            report.Add(ProbabilityHistogram.Part($"histogram{end}", $"All neurons by the probability of '{Token(r.Token)}'", r.Probabilities, r.NullProbabilities));
        }

        return report;
    }

    /// <summary>Its numbers.</summary>
    public static void WriteJson(Utf8JsonWriter json, Model model, NeuronRank rank, IReadOnlyList<NeuronSearchResult> results)
    {
        json.WriteStartArray("searches");
        foreach (NeuronSearchResult r in results)
        {
            json.WriteStartObject();
            json.WriteString("token", model.HasTokenizer ? model.Tokenizer.TokenText(r.Token) : null);
            json.WriteNumber("id", r.Token);
            json.WriteString("reading", r.Reading.ToString());
            json.WriteString("rank_by", Text.Of(rank));
            json.WriteNumber("n", r.Products.Length);
            json.WriteStartArray("best");
            foreach (NeuronHit h in r.Best)
            {
                json.WriteStartObject();
                json.WriteNumber("l", h.Layer);
                json.WriteNumber("i", h.Index);
                JsonNumbers.Write(json, "p", h.Probability);
                JsonNumbers.Write(json, "s", h.Product);
                JsonNumbers.Write(json, "cos", h.Cosine);
                json.WriteNumber("rank", h.TokenRank);
                JsonNumbers.Write(json, "null_pct", 100 * h.NullShare);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            (double[] edges, int[] counts, _) = ProbabilityHistogram.Count(r.Probabilities, r.NullProbabilities);
            json.WriteStartObject("histogram");
            JsonNumbers.Write(json, "edges", edges);
            RunRecord.WriteIds(json, "counts", counts);
            json.WriteEndObject();
            NeuronMapReport.WriteNull(json, r.NullProbabilities.Length, r.NullProbabilities);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Adds every neuron's numbers, [words, layers, neurons].</summary>
    public static void AddTensors(Report report, Model model, IReadOnlyList<NeuronSearchResult> results)
    {
        long[] shape = [results.Count, model.Spec.Layers, model.Spec.Mlp.Width];
        AddTensor(report, "p", shape, results, r => Array.ConvertAll(r.Probabilities, p => (float)p));
        AddTensor(report, "s", shape, results, r => r.Products);
        AddTensor(report, "cos", shape, results, r => r.Cosines);
    }

    // Word by word, so that what is written is never there twice.
    private static void AddTensor(Report report, string name, long[] shape, IReadOnlyList<NeuronSearchResult> results, Func<NeuronSearchResult, float[]> values) =>
        report.Tensor(name, shape, stream =>
        {
            foreach (NeuronSearchResult result in results)
            {
                stream.Write(MemoryMarshal.AsBytes(values(result).AsSpan()));
            }
        });
}
