using System.CommandLine;
using Weir.Analysis.Neurons;
using Weir.Cli.Neurons;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir neurons clamp: a neuron held at values while the model runs.</summary>
internal sealed class NeuronsClampCommand : Verb
{
    private readonly Argument<string?> _neuron = NeuronName.Argument();
    private readonly ChoiceSetting _site = new("--site", "what is held: the up value u, the gate before its activation, or the product act(gate) u", "up", "gate", "product");
    private readonly TextSetting _values = new("--values", "LIST", "values, as factors of the neuron's largest activation", standard: "0,0.5,-0.5,1,-1,2,-2,4,-4,8,-8");
    private readonly FlagSetting _absolute = new("--absolute", "take --values as they are");
    private readonly TextSetting _corpus = new("--corpus", "FILE", "texts over which the largest activation is taken, one a line", "the prompts");
    private readonly ChoiceSetting _positions = new("--positions", "where: the whole text, or what is generated and the token before it", "all", "generated");
    private readonly RepeatedSetting _target = new("--target", "WORD", "a next token whose probability is measured: a word that is one token with a space before it, or id:312");
    private readonly TextSetting _file = new("--file", "FILE", "prompts, one a line", "six carrier prompts");
    private readonly RepeatedSetting _ask = new("--ask", "TEXT", "a text to continue with the neuron held at each positive value; by default the first prompt, at the largest");
    private readonly IntegerSetting _control = new("--control", "N", "other neurons of the layer, drawn at random, to put the same values into; 0 for none", 8, 0);
    private readonly IntegerSetting _seed = new("--seed", "S", "draws them", 0, 0);
    private readonly IntegerSetting _maxTokens = new("--max-tokens", "N", "most tokens of a continuation", 12, 1);
    private readonly TextSetting _out = new("--out", "DIR", "write the report");

    /// <summary>Makes the verb.</summary>
    public NeuronsClampCommand() : base("clamp", "holds a neuron at values and measures what becomes of the next token and of the text")
    {
        Add(_neuron);
        AddGroup("Clamp", _site, _values, _absolute, _corpus, _positions);
        AddGroup("Measures", _target, _file, _control, _seed, _ask, _maxTokens);
        AddGroup("Output", _out);
    }

    /// <inheritdoc/>
    public override bool TakesMany => false;

    /// <inheritdoc/>
    public override string Notes =>
        """
        A clamp of up has the effect act(gate) times the value, which is near 0 or of the other sign where the gate is closed. Where that is measured, the product is clamped too and shown beside it.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir neurons clamp 6.149 --site product --absolute --values 0,10,20,40 --target France",
        "weir neurons clamp 6.149 --target France --target Kenya --out clamp",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        PromptSettings.RequireNoStrayOption(a, _neuron);
        string? directory = _out.Get(a);
        OutputFile.CheckDirectory("--out", directory);

        NeuronName name = NeuronName.Parse(a.GetValue(_neuron));
        string[] words = _target.Get(a) is { Length: > 0 } given ? given : throw new UsageException("--target is missing: a word whose probability is measured.");
        string[] prompts = _file.Get(a) is { } file ? [.. PromptSettings.ReadLines(file)] : [.. CarrierPrompts.All];
        string[]? corpus = _corpus.Get(a) is { } path ? [.. PromptSettings.ReadLines(path)] : null;
        var options = new NeuronClampOptions
        {
            Layer = name.Layer,
            Index = name.Index,
            Site = (ClampSite)_site.Get(a),
            Values = NumberList.Parse("--values", _values.Get(a)!),
            Multiples = !_absolute.Get(a),
            GeneratedOnly = _positions.Get(a) == 1,
        };
        if (_ask.Get(a).Length > 0 && !options.Values.Any(v => v > 0))
        {
            throw new UsageException("--ask continues a text at each positive value of --values, and there is none.");
        }

        (int control, int seed, int maxTokens) = (_control.Get(a), _seed.Get(a), _maxTokens.Get(a));
        if (control == 0)
        {
            UnusedOptions.Refuse(a, "draws the neurons of --control, of which there are none", _seed);
        }

        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        name.Require(model.Spec);
        int[] tokens = [.. words.Select(w => ConceptToken.Parse(model, w)).Distinct()];
        int[][] ids = [.. prompts.Select(model.Encode)];
        if (control >= model.Spec.Mlp.Width)
        {
            throw new WeirException($"--control {control} is more than the other {model.Spec.Mlp.Width - 1} neurons of a layer.");
        }

        NeuronClampResult Clamp(NeuronClampOptions o) =>
            session.Watch("clamping", bar => NeuronClamp.Run(model, o, ids, tokens, corpus is null ? null : TextWindows.Of(model, corpus), bar));
        List<NeuronClampResult> results = [Clamp(options)];
        if (results[0].Warning is { } warning)
        {
            session.Terminal.Note(warning);
            results.Add(Clamp(options with { Site = ClampSite.Product }));
        }

        double[][][][] controls = [.. results.Select(r => session.Watch("clamping others", bar => NeuronClamp.Control(model, r.Options, r.Values, ids, tokens, control, seed, bar)))];
        string[] asked = _ask.Get(a);
        float[] positive = [.. results[^1].Values.Where(v => v > 0).Order()];
        float[] at = asked.Length == 0 || positive.Length == 0 ? [results[^1].Values.Max()] : positive;
        IReadOnlyList<ClampSample> samples = Generate(session, model, results[^1].Options, asked.Length == 0 ? prompts[..1] : asked, at, maxTokens);
        Report report = NeuronClampReport.Make(model, results, controls, prompts, tokens, samples);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            report.Save(session, model, directory, json => NeuronClampReport.WriteJson(json, model, results, controls, prompts, tokens, samples));
        }
    }

    private static List<ClampSample> Generate(Session session, Model model, NeuronClampOptions options, string[] texts, float[] values, int maxTokens)
    {
        // The unchanged text and one for each value, all in one batch.
        (string Text, float? Value)[] runs = [.. texts.SelectMany(t => values.Select(v => (t, (float?)v)).Prepend((t, null)))];
        var hooks = new HookSet();
        for (int s = 0; s < runs.Length; s++)
        {
            if (runs[s].Value is { } value)
            {
                hooks.Edit(NeuronClamp.Edit(model.Spec, options, value) with { Sequences = [s] });
            }
        }

        string[] made = new string[runs.Length];
        var generation = new GenerationOptions { MaxTokens = maxTokens, Hooks = hooks, Progress = new StopCheck(session.Cancellation) };
        foreach (GeneratedToken token in Generator.Stream(model, [.. runs.Select(r => (IReadOnlyList<int>)model.Encode(r.Text))], generation))
        {
            made[token.Sequence] += token.Text;
        }

        return [.. runs.Select((r, s) => new ClampSample(options.Site, r.Value, r.Text, made[s] ?? ""))];
    }
}
