using System.CommandLine;
using Weir.Analysis.Neurons;
using Weir.Cli.Neurons;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir neurons map: the tokens of every neuron.</summary>
internal sealed class NeuronsMapCommand : Verb
{
    private readonly NeuronReadingSettings _reading = new();
    private readonly IntegerSetting _top = new("--top", "K", "tokens to keep for each neuron", 8, 1, 1024);
    private readonly IntegerSetting _show = new("--show", "N", "neurons to print, those whose first token is most probable", 12, 1);
    private readonly TextSetting _exclude = new("--exclude", "LIST", "token ids that are left out of the neurons' lists, such as 0,1,312; probabilities stay those of the whole vocabulary");
    private readonly ChoiceSetting _byToken = new("--by-token", "also the first neurons of every token, by probability, product or cosine: one more product of all with all", "no", "probability", "product", "cosine");
    private readonly IntegerSetting _null = new("--null", "N", "random vectors of the same lengths to compare with", 4096, 1);
    private readonly IntegerSetting _seed = new("--seed", "S", "draws them", 0, 0);
    private readonly TextSetting _out = new("--out", "DIR", "write the report, with all neurons as tensors");

    /// <summary>Makes the verb.</summary>
    public NeuronsMapCommand() : base("map", "decodes every neuron of every layer into tokens, from the weights alone")
    {
        AddGroup("Reading", _reading.All);
        AddGroup("Lists", _top, _show, _exclude, _byToken);
        AddGroup("Null", _null, _seed);
        AddGroup("Output", _out);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir neurons map",
        "weir neurons map --matrix down --norm scale --by-token cosine --out map",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        string? directory = _out.Get(a);
        OutputFile.CheckDirectory("--out", directory);

        NeuronReading reading = _reading.Get(a);
        (int top, int show, int nullCount, int seed, int byToken) = (_top.Get(a), _show.Get(a), _null.Get(a), _seed.Get(a), _byToken.Get(a));
        HashSet<int> excluded = _exclude.Get(a) is { } list ? [.. PromptSettings.ParseIds(_exclude.Name, list)] : [];
        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        if (excluded.Where(id => id >= model.Spec.VocabularySize).ToArray() is [var outside, ..])
        {
            throw new WeirException($"--exclude {outside} is outside the vocabulary of {model.Spec.VocabularySize} tokens.");
        }

        if (top + excluded.Count > model.Spec.VocabularySize)
        {
            throw new WeirException($"--top and --exclude together name {top + excluded.Count} tokens, more than the {model.Spec.VocabularySize} that the model has.");
        }

        NeuronMapResult map = session.Watch("decoding", bar => NeuronMap.Run(model, reading, top, excluded, bar));
        NeuronNull random = session.Watch("null", bar => NeuronNull.Run(model, reading, map.Norms, nullCount, seed, progress: bar));
        TokenNeuronsResult? tokens = byToken == 0 ? null
            : session.Watch("by token", bar => TokenNeurons.Run(model, map, (NeuronRank)(byToken - 1), Math.Min(top, map.Neurons), bar));
        Report report = NeuronMapReport.Make(model, map, random, tokens, show);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            NeuronMapTensors.Add(report, model, map, tokens);
            report.Save(session, model, directory, json => NeuronMapReport.WriteJson(json, model, map, random));
        }
    }
}
