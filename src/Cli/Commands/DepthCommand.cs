using System.CommandLine;
using Weir.Analysis.Depth;
using Weir.Cli.Depth;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Cli.Sweeps;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir depth: what the layers contribute, and what later layers and the output owe to them.</summary>
internal sealed class DepthCommand : Verb
{
    private static readonly string[] Analyses = ["profile", "effects", "local", "erasure", "score"];

    private const int FewPrompts = 10;

    private readonly DepthPromptSettings _prompts = new();
    private readonly ListSetting _measure = new("--measure", "analyses", Analyses);
    private readonly ListSetting _parts = new("--leave-out", "what is left out of a layer", "layer", "attention", "mlp");
    private readonly ChoiceSetting _reach = new("--reach", "layers left out at all positions, or in front of a split and measured behind it", "both", "all", "future");
    private readonly IntegerSetting _splits = new("--splits", "N", "most splits of a prompt", 4, 1);
    private readonly IntegerSetting _step = new("--split-step", "N", "splits are multiples of this", 8, 1);
    private readonly IntegerSetting _splitSeed = new("--split-seed", "N", "draws the splits", 123, 0);
    private readonly IntegerSetting _from = new("--from", "N", "positions in front of this one are never left out; erasure goes over every token", 1, 0);
    private readonly FlagSetting _excludeFirst = new("--exclude-first", "leave position 0 out of averages, and out of the mean that erases");
    private readonly ChoiceSetting _reduce = new("--reduce", "what tables show of an effect's samples, files have all of them; scores are of each prompt's maxima, or its means", "max", "mean", "median", "p95");
    private readonly IntegerSetting _erase = new("--erase", "N", "prompts whose erasure map is made, the first ones", 1, 1);
    private readonly ChoiceSetting _eraseWith = new("--erase-with", "what an erased residual becomes: the mean over all prompts, or that of one counterfactual prompt", "mean", "counterfactual");
    private readonly TextSetting _counterfactual = new("--counterfactual", "TEXT", "the prompt to erase with; of generated prompts, one more is drawn");
    private readonly LinearMapSettings _maps = new();
    private readonly FlagSetting _plan = new("--plan", "print what the effects would run, and run nothing");
    private readonly IntegerSetting _memory = new("--memory", "MIB", "activations that may be held at once, in MiB", 0, 0, int.MaxValue, "2048, or half of what is free");
    private readonly TextSetting _out = new("--out", "DIR", "write result.json, tensors, CSV files and report.html there");

    /// <summary>Makes the verb.</summary>
    public DepthCommand() : base("depth", "tells what each layer adds, what later layers and the output owe to it, and from where on the answer is there")
    {
        Add(_prompts.Argument);
        AddGroup("Prompts", _prompts.All);
        AddGroup("Analyses", _measure, _parts, _reach, _splits, _step, _splitSeed, _from, _excludeFirst, _reduce);
        AddGroup("Erasure", _erase, _eraseWith, _counterfactual);
        AddGroup("Maps to another model, instead of the analyses", _maps.All);
        AddGroup("Run", _plan, _memory);
        AddGroup("Output", _out);
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        Effects: each layer, attention or MLP is left out, the change runs on, and the contribution of every later layer is compared with what it was, |c - c'| / |c|. Local effects subtract one layer's contribution from the input of a later one, and nothing runs on. Maxima are the paper's choice and grow with the number of prompts; mean, median and 95th percentile are in the files. Integrated gradients over depth need a backward pass, which this program does not have.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir depth \"The capital of France is\"",
        "weir depth --prompts word-problems:10 --measure effects,local --reduce mean --out depth",
        "weir depth --prompts expressions:20 --measure score",
        "weir depth --prompts arithmetic:200 --map-to OTHER_MODEL",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        string? directory = _out.Get(a);
        OutputFile.CheckDirectory("--out", directory);

        string[] wanted = [.. _measure.Get(a).Select(i => Analyses[i])];
        SkippedPart[] parts = [.. _parts.Get(a).Select(i => (SkippedPart)i)];
        DepthReduction reduction = DepthReduction.All[_reduce.Get(a)];
        Func<Model, IReadOnlyList<DepthPrompt>> read = _prompts.Read(session);
        LinearMapOptions? maps = _maps.Get(a);
        bool counterfactual = _eraseWith.Get(a) == 1;
        if (counterfactual && _counterfactual.Get(a) is null && _prompts.Counterfactual(a) is null)
        {
            throw new UsageException("--erase-with counterfactual needs the prompt of --counterfactual, or generated prompts.");
        }

        _ = (_reach.Get(a), _splits.Get(a), _step.Get(a), _splitSeed.Get(a), _from.Get(a), _erase.Get(a), _memory.GetLong(a));
        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        IReadOnlyList<DepthPrompt> prompts = read(model);
        if (maps is not null)
        {
            RunMaps(session, model, prompts, maps, directory);
            return;
        }

        SkipOptions options = SkipOptionsOf(session, prompts, parts);
        int[][] ids = [.. prompts.Select(p => p.Ids)];
        if (_plan.Get(a))
        {
            int variants = model.Spec.Layers * parts.Length * ((options.AllPositions ? 1 : 0) + (options.Splits?.Max(s => s.Count) ?? 0));
            SweepPlanText.Write(session.Terminal, model, SkipEffects.Plan(model, ids, options), ids.Length, variants);
            return;
        }

        DepthFindings findings = Measure(session, model, prompts, ids, wanted, options, reduction);
        Report report = DepthReport.Of(model, findings);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            DepthTensors.Add(report, findings);
            report.Save(session, model, directory, json => DepthJson.Write(json, findings));
        }
    }

    private SkipOptions SkipOptionsOf(Session session, IReadOnlyList<DepthPrompt> prompts, SkippedPart[] parts)
    {
        ParseResult a = session.Arguments;
        int reach = _reach.Get(a), from = _from.Get(a);
        IReadOnlyList<IReadOnlyList<int>>? splits = null;
        if (reach != 1)
        {
            splits = SplitPoints.Draw([.. prompts.Select(p => p.Ids.Length)], _splits.Get(a), _step.Get(a), _splitSeed.Get(a));
            splits = [.. splits.Select(s => (IReadOnlyList<int>)[.. s.Where(t => t > from)])];
            if (reach == 0 && splits.All(s => s.Count == 0))
            {
                session.Terminal.Note($"no prompt is longer than {_step.Get(a) + 4} tokens, so none is split for effects on future tokens; a smaller --split-step may do");
                splits = null;
            }
        }

        return new SkipOptions { Parts = parts, AllPositions = reach != 2, Splits = splits, FirstPosition = from, MostBytes = _memory.GetLong(a) << 20 };
    }

    private DepthFindings Measure(
        Session session, Model model, IReadOnlyList<DepthPrompt> prompts, int[][] ids, string[] wanted, SkipOptions options, DepthReduction reduction)
    {
        int first = _excludeFirst.Get(session.Arguments) ? 1 : 0;
        T? Run<T>(string name, Func<IProgress<double>, T> work)
            where T : class
        {
            if (!wanted.Contains(name))
            {
                return null;
            }

            using var bar = new ProgressBar(session.Terminal, name, session.Cancellation);
            return work(bar);
        }

        SkipEffects? effects = Run("effects", bar => SkipEffects.Run(model, ids, options with { Progress = bar }));
        return new DepthFindings
        {
            Prompts = prompts,
            Layers = model.Spec.Layers,
            Reduction = reduction,
            Splits = options.Splits,
            Profile = Run("profile", bar => DepthProfile.Run(model, ids, first, bar)),
            Effects = effects,
            Local = Run("local", bar => LocalEffects.Run(model, ids, options with { Progress = bar })),
            Erasure = Run("erasure", bar => Erase(session, model, prompts, ids, first, bar)),
            ErasedWith = _eraseWith.Get(session.Arguments) == 0 ? "the mean residual of all prompts" : "the mean residual of a counterfactual prompt",
            Scores = Run("score", bar => DepthScoring.Run(model, prompts, options with { Progress = bar }, reduction.Name != "mean", _splitSeed.Get(session.Arguments))),
        };
    }

    private List<double[,]> Erase(Session session, Model model, IReadOnlyList<DepthPrompt> prompts, int[][] ids, int first, IProgress<double> bar)
    {
        ParseResult a = session.Arguments;
        float[][] means;
        if (_eraseWith.Get(a) == 0)
        {
            if (prompts.Count < FewPrompts)
            {
                session.Terminal.Note($"erased residuals are the mean over {prompts.Count} prompts, which still knows something of them; the paper takes ten of another kind");
            }

            means = ResidualErasure.Means(model, ids, first..);
        }
        else
        {
            int[] other = _counterfactual.Get(a) is { } text ? model.Encode(text) : DepthPrompt.Of(model, _prompts.Counterfactual(a)!).Ids;
            means = ResidualErasure.Means(model, [other], 1..^1);
        }

        var maps = new List<double[,]>();
        foreach (DepthPrompt prompt in prompts.Take(_erase.Get(a)))
        {
            maps.Add(ResidualErasure.Run(model, prompt.Ids, prompt.Answering, (l, _) => means[l], _memory.GetLong(a) << 20, bar));
        }

        return maps;
    }

    private void RunMaps(Session session, Model model, IReadOnlyList<DepthPrompt> prompts, LinearMapOptions options, string? directory)
    {
        using Model other = session.LoadModel(model.Device, _maps.Target(session.Arguments)!);
        IReadOnlyList<int>[] windows = LinearMapSettings.Windows(prompts, _maps.Window(session.Arguments));
        LinearMapResult result;
        using (var bar = new ProgressBar(session.Terminal, "mapping", session.Cancellation))
        {
            result = LinearMaps.Run(model, other, windows, options with { Progress = bar });
        }

        if (result.FittedTokens < 2 * model.Spec.Width)
        {
            session.Terminal.Note($"{result.FittedTokens} tokens determine a map from {model.Spec.Width} numbers badly; give at least a few thousand");
        }

        Report report = LinearMapReport.Of(model, other, result, options);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            report.Save(session, model, directory, json => LinearMapReport.WriteJson(json, other, result));
        }
    }
}
