using System.CommandLine;
using Weir.Analysis.Neurons;
using Weir.Cli.Neurons;
using Weir.Cli.Options;
using Weir.Cli.Output;
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
        IReadOnlyList<NeuronSearchResult> results = session.Watch("searching", bar => NeuronSearch.Run(model, reading, tokens, rank, best, nullCount, seed, bar));
        Report report = NeuronFindReport.Make(model, reading, rank, results);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            NeuronFindReport.AddTensors(report, model, results);
            report.Save(session, model, directory, json => NeuronFindReport.WriteJson(json, model, rank, results));
        }
    }
}
