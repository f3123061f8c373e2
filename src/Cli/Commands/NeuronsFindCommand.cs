using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Weir.Analysis.Neurons;
using Weir.Cli.Neurons;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir neurons find: the neurons of a word.</summary>
internal sealed class NeuronsFindCommand : Verb
{
    private readonly Argument<string[]> _words = new("WORD")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "a word that is one token with a space before it, or id:312",
    };

    private readonly NeuronReadingSettings _reading = new();
    private readonly ChoiceSetting _rank = new("--rank", "what the neurons are ordered by", "probability", "product", "cosine");
    private readonly IntegerSetting _best = new("--best", "N", "neurons to name", 10, 1);
    private readonly IntegerSetting _null = new("--null", "N", "random vectors of the same lengths to compare with", 4096, 1);
    private readonly IntegerSetting _seed = new("--seed", "S", "draws them", 0, 0);
    private readonly TextSetting _out = new("--out", "DIR", "write the report, with every neuron's numbers as tensors");

    /// <summary>Makes the verb.</summary>
    public NeuronsFindCommand() : base("find", "finds the neurons of a word among all of the model")
    {
        Add(_words);
        AddGroup("Reading", _reading.All);
        AddGroup("Search", _rank, _best, _null, _seed);
        AddGroup("Output", _out);
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        A probability also depends on a neuron's other tokens: where tokens' rows have different lengths, a neuron that is against most tokens can give a word more than one that points at it. --rank cosine asks for the direction alone.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir neurons find France",
        "weir neurons find France Monday --matrix down --rank cosine --best 3",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        string? directory = _out.Get(a);
        OutputFile.CheckDirectory("--out", directory);

        PromptSettings.RequireNoStrayOption(a, _words);
        string[] words = a.GetValue(_words) is { Length: > 0 } given ? given : throw new UsageException("A word is missing.");
        NeuronReading reading = _reading.Get(a);
        var rank = (NeuronRank)_rank.Get(a);
        (int best, int nullCount, int seed) = (_best.Get(a), _null.Get(a), _seed.Get(a));
        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        int[] tokens = [.. words.Select(w => ConceptToken.Parse(model, w)).Distinct()];
        IReadOnlyList<NeuronSearchResult> results;
        using (var bar = new ProgressBar(session.Terminal, "searching", session.Cancellation))
        {
            results = NeuronSearch.Run(model, reading, tokens, rank, best, nullCount, seed, bar);
        }

        Report report = Make(model, reading, rank, results);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            long[] shape = [results.Count, model.Spec.Layers, model.Spec.Mlp.Width];
            AddTensor(report, "p", shape, results, r => Array.ConvertAll(r.Probabilities, p => (float)p));
            AddTensor(report, "s", shape, results, r => r.Products);
            AddTensor(report, "cos", shape, results, r => r.Cosines);
            report.Save(session, model, directory, json => WriteJson(json, model, rank, results));
        }
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

    private static Report Make(Model model, NeuronReading reading, NeuronRank rank, IReadOnlyList<NeuronSearchResult> results)
    {
        string Token(int id) => TokenText.Of(model.HasTokenizer ? model.Tokenizer : null, id);
        var report = new Report("Neurons of words", $"{reading}, by {rank.ToString().ToLowerInvariant()}.") { Paper = NeuronMapReport.Paper };
        foreach (NeuronSearchResult r in results)
        {
            string end = results.Count == 1 ? "" : $"_{Text.Of(r.Token)}";
            TablePart table = new TablePart($"neurons{end}", $"Top neurons for '{Token(r.Token)}'")
            {
                Note = FormattableString.Invariant($"{reading}, by {rank.ToString().ToLowerInvariant()}; p in random vectors of the same lengths ({r.NullProbabilities.Length}): 95 % below {NeuronNull.Percentile(r.NullProbabilities, 0.95):G3}, 99 % below {NeuronNull.Percentile(r.NullProbabilities, 0.99):G3}, largest {r.NullProbabilities[^1]:G3}; the best of {r.Products.Length} neurons is to be read beside the largest"),
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

    private static void WriteJson(Utf8JsonWriter json, Model model, NeuronRank rank, IReadOnlyList<NeuronSearchResult> results)
    {
        json.WriteStartArray("searches");
        foreach (NeuronSearchResult r in results)
        {
            json.WriteStartObject();
            json.WriteString("token", model.HasTokenizer ? model.Tokenizer.TokenText(r.Token) : null);
            json.WriteNumber("id", r.Token);
            json.WriteString("reading", r.Reading.ToString());
            json.WriteString("rank_by", rank.ToString().ToLowerInvariant());
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
}
