using System.Text.Json;
using Weir.Analysis.Neurons;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;

namespace Weir.Cli.Neurons;

/// <summary>A map as a report.</summary>
internal static class NeuronMapReport
{
    /// <summary>The paper of decoding, clamping and comparing.</summary>
    public const string Paper = "arXiv 2501.02688, neurons decoded through the LM head";

    private const int TokensShown = 5;

    // More neurons or tokens than these stand in the binary file alone.
    private const int MostInText = 16384;

    /// <summary>Its tables and figures.</summary>
    public static Report Make(Model model, NeuronMapResult map, NeuronNull random, TokenNeuronsResult? tokens, int show)
    {
        NeuronNorm norm = map.Reading.Norm;
        double[] p = [.. Enumerable.Range(0, map.Count).Select(n => map.Probability(n, 0, norm))];
        double p95 = NeuronNull.Percentile(random.TopProbabilities, 0.95), p99 = NeuronNull.Percentile(random.TopProbabilities, 0.99);
        var report = new Report("Neurons", $"The tokens of every MLP neuron: {map.Reading}.") { Paper = Paper };
        TablePart layers = new TablePart("layers", "Probability of each neuron's first token")
        {
            Note = FormattableString.Invariant($"{map.Reading}; random vectors of the same lengths ({random.Count}): 95 % below {p95:G3}, 99 % below {p99:G3}; by chance 1 % of the neurons would be above"),
        }.Number("layer", "N0").Number("neurons", "N0").Number("above null 99 %", "P1").Number("median", "G3").Number("largest", "G3").Number("median |w|", "F2");
        for (int l = 0; l < map.Layers; l++)
        {
            double[] own = [.. p.AsSpan(l * map.Neurons, map.Neurons).ToArray().Order()];
            float[] norms = [.. map.Norms.AsSpan(l * map.Neurons, map.Neurons).ToArray().Order()];
            layers.Row(l, map.Neurons, own.Count(x => x > p99) / (double)own.Length, own[own.Length / 2], own[^1], norms[norms.Length / 2]);
        }

        report.Add(layers);
        TablePart best = new TablePart("neurons", $"The {show} neurons whose first token is most probable")
            .Column("neuron", flexible: false).Number("p none", "G3").Number("p scale", "F3").Number("s", "F2").Number("cosine", "F2").Number("|w|", "F2").Column("tokens");
        foreach (int n in Enumerable.Range(0, map.Count).OrderByDescending(n => p[n]).Take(show))
        {
            int at = n * map.TopK;
            best.Row(
                Name(map, n), map.Probability(n, 0, NeuronNorm.None), map.Probability(n, 0, NeuronNorm.Scale), map.Top.Plain[at], map.Top.Cosines[at], map.Norms[n],
                string.Join(' ', map.TopIds.AsSpan(at, Math.Min(TokensShown, map.TopK)).ToArray().Select(id => TokenText.Of(model, id))));
        }

        report.Add(best);
        report.Add(ProbabilityHistogram.Part("histogram", "Neurons by the probability of their first token", p, random.TopProbabilities));
        if (tokens is not null && model.Spec.VocabularySize <= MostInText)
        {
            TablePart byToken = new TablePart("tokens", $"Each token's first neurons, by {Text.Of(tokens.Rank)}") { MostOnScreen = show }
                .Number("id", "F0").Column("token", flexible: false).Column("neurons").Number(tokens.Rank switch { NeuronRank.Probability => "ln p", NeuronRank.Product => "s", _ => "cosine" } + " of the first", "G4");
            for (int id = 0; id < model.Spec.VocabularySize; id++)
            {
                int at = id * tokens.TopK;
                byToken.Row(
                    id, TokenText.Of(model, id), string.Join(' ', tokens.Neurons.AsSpan(at, tokens.TopK).ToArray().Select(n => Name(map, n))), tokens.Values[at]);
            }

            report.Add(byToken);
        }

        return report;
    }

    /// <summary>The index, as far as it is small enough for JSON.</summary>
    public static void WriteJson(Utf8JsonWriter json, Model model, NeuronMapResult map, NeuronNull random)
    {
        json.WriteString("matrix", Text.Of(map.Reading.Matrix));
        json.WriteString("norm_variant", Text.Of(map.Reading.Norm));
        json.WriteString("gain", map.Reading.InputGain ? "on" : "off");
        json.WriteString("head", Text.Of(map.Reading.Basis));
        json.WriteNumber("vocab", model.Spec.VocabularySize);
        json.WriteNumber("layers", map.Layers);
        json.WriteNumber("ff", map.Neurons);
        json.WriteString("index_file", "tensors.safetensors");
        WriteNull(json, random.Count, random.TopProbabilities);
        if (map.Count > MostInText)
        {
            return;
        }

        json.WriteStartArray("neurons");
        for (int n = 0; n < map.Count; n++)
        {
            json.WriteStartObject();
            json.WriteNumber("l", n / map.Neurons);
            json.WriteNumber("i", n % map.Neurons);
            JsonNumbers.Write(json, "norm", map.Norms[n]);
            JsonNumbers.Write(json, "lse", map.LogSumExp[(int)map.Reading.Norm][n]);
            int neuron = n;
            RunRecord.WriteArray(json, "top", line => WriteTop(line, model, map, neuron));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Percentiles of random vectors.</summary>
    public static void WriteNull(Utf8JsonWriter json, int count, double[] ascending)
    {
        json.WriteStartObject("null");
        json.WriteNumber("n", count);
        JsonNumbers.Write(json, "p95", NeuronNull.Percentile(ascending, 0.95));
        JsonNumbers.Write(json, "p99", NeuronNull.Percentile(ascending, 0.99));
        json.WriteEndObject();
    }

    private static void WriteTop(Utf8JsonWriter json, Model model, NeuronMapResult map, int neuron)
    {
        for (int k = 0; k < map.TopK; k++)
        {
            int at = (neuron * map.TopK) + k;
            json.WriteStartObject();
            json.WriteNumber("id", map.TopIds[at]);
            json.WriteString("token", model.HasTokenizer ? model.Tokenizer.TokenText(map.TopIds[at]) : null);
            JsonNumbers.Write(json, "s", map.Top.Plain[at]);
            JsonNumbers.Write(json, "p_none", map.Probability(neuron, k, NeuronNorm.None));
            JsonNumbers.Write(json, "p_scale", map.Probability(neuron, k, NeuronNorm.Scale));
            JsonNumbers.Write(json, "cos", map.Top.Cosines[at]);
            json.WriteEndObject();
        }
    }

    private static string Name(NeuronMapResult map, int neuron) => new NeuronName(neuron / map.Neurons, neuron % map.Neurons).ToString();
}
