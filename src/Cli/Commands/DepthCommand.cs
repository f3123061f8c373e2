using System.CommandLine;
using Weir.Analysis;
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
    private const int FewPrompts = 10;

    private readonly DepthPromptSettings _prompts = new();
    private readonly DepthSettings _analyses = new();
    private readonly LinearMapSettings _maps = new();
    private readonly IntegerSetting _memory = new("--memory", "MIB", "activations that may be held at once, or sums of maps, in MiB", 0, 0, int.MaxValue, "1024 or 2048, or half of what is free");
    private readonly TextSetting _out = new("--out", "DIR", "write result.json, tensors, CSV files and report.html there");

    /// <summary>Makes the verb.</summary>
    public DepthCommand() : base("depth", "tells what each layer adds, what later layers and the output owe to it, and from where on the answer is there")
    {
        Add(_prompts.Argument);
        AddGroup("Prompts", _prompts.All);
        AddGroup("Analyses", _analyses.Analysis);
        AddGroup("Erasure", _analyses.Erasure);
        AddGroup("Maps to another model, instead of the analyses", _maps.All);
        AddGroup("Run", _analyses.Plan, _memory);
        AddGroup("Output", _out);
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        Effects: each layer, attention or MLP is left out, the change runs on, and the contribution of every later layer is compared with what it was, |c - c'| / |c|. Local effects subtract one layer's contribution from the input of a later one, and nothing runs on. Maxima are the paper's choice and grow with the number of prompts; mean, median and 95th percentile are in the files. The depth score is of a level's effects pooled over its examples, which makes its interval that of the pooled score. Erasure maps have no column for tokens that nothing measured sees, such as the last of an answer. An option that nothing would look at is refused. Integrated gradients over depth need a backward pass, which this program does not have.
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

        Func<Model, IReadOnlyList<DepthPrompt>> read = _prompts.Read(session);
        LinearMapOptions? maps = _maps.Get(a);
        _analyses.Check(a, maps is not null, _prompts.HaveAnswers(a));
        if (_analyses.ErasesWithCounterfactual(a) && _analyses.Counterfactual(a) is null && _prompts.Counterfactual(a) is null)
        {
            throw new UsageException("--erase-with counterfactual needs the prompt of --counterfactual, or a generator in --prompts that draws more than one.");
        }

        long mostBytes = _memory.GetLong(a) << 20;
        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        IReadOnlyList<DepthPrompt> prompts = read(model);
        if (maps is not null)
        {
            RunMaps(session, model, prompts, mostBytes > 0 ? maps with { MostBytes = mostBytes } : maps, directory);
            return;
        }

        int[][] ids = [.. prompts.Select(p => p.Ids)];
        if (_analyses.Erased(a) > ids.Length)
        {
            throw new UsageException($"--erase {_analyses.Erased(a)} is more than the {ids.Length} prompts that there are.");
        }

        SkipOptions options = _analyses.Effects(session, [.. ids.Select(i => i.Length)], _prompts.HaveAnswers(a), mostBytes);
        if (_analyses.OnlyPlans(a))
        {
            int variants = model.Spec.Layers * options.Parts.Count * ((options.AllPositions ? 1 : 0) + (options.Splits?.Max(s => s.Count) ?? 0));
            SweepPlanText.Write(session.Terminal, model, SkipEffects.Plan(model, ids, options), ids.Length, variants);
            return;
        }

        DepthFindings findings = Measure(session, model, prompts, ids, options);
        Report report = DepthReport.Of(model, findings);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            DepthTensors.Add(report, findings);
            report.Save(session, model, directory, json => DepthJson.Write(json, findings));
        }
    }

    private DepthFindings Measure(Session session, Model model, IReadOnlyList<DepthPrompt> prompts, int[][] ids, SkipOptions options)
    {
        ParseResult a = session.Arguments;
        string[] wanted = _analyses.Wanted(a);
        T? Run<T>(string name, Func<IProgress<double>, T> work)
            where T : class => wanted.Contains(name) ? session.Watch(name, work) : null;

        DepthPrompt? other = Counterfactual(a, model);
        return new DepthFindings
        {
            Measured = wanted,
            Prompts = prompts,
            Layers = model.Spec.Layers,
            Reduction = _analyses.Reduction(a),
            Splits = options.Splits,
            Profile = Run("profile", bar => DepthProfile.Run(model, ids, _analyses.FirstAveraged(a), options.MostBytes, bar)),
            Effects = Run("effects", bar => SkipEffects.Run(model, ids, options with { Progress = bar })),
            Local = Run("local", bar => LocalEffects.Run(model, ids, options with { Progress = bar })),
            Erasure = Run("erasure", bar => Erase(session, model, prompts, other, options.MostBytes, bar)),
            Counterfactual = other,
            ErasedWith = other is not null
                ? "the mean residual of a counterfactual prompt"
                : $"the mean residual of all prompts{(_analyses.FirstAveraged(a) > 0 ? " without position 0" : "")}",
            Scores = Run("score", bar => DepthScoring.Run(model, prompts, options with { Progress = bar }, _analyses.SplitSeed(a))),
        };
    }

    // The prompt whose mean residual erases, or null where that of all prompts does.
    private DepthPrompt? Counterfactual(ParseResult a, Model model)
    {
        if (!_analyses.ErasesWithCounterfactual(a))
        {
            return null;
        }

        return _analyses.Counterfactual(a) is { } text
            ? DepthPrompt.Of(model, text)
            : DepthPrompt.Of(model, _prompts.Counterfactual(a)!);
    }

    private List<double[,]> Erase(Session session, Model model, IReadOnlyList<DepthPrompt> prompts, DepthPrompt? other, long mostBytes, IProgress<double> bar)
    {
        ParseResult a = session.Arguments;
        float[][] means;
        if (other is not null)
        {
            means = ResidualErasure.Means(model, [other.Ids], 1..^1);
        }
        else
        {
            if (prompts.Count < FewPrompts)
            {
                session.Terminal.Note($"erased residuals are the mean over {Text.Count(prompts.Count, "prompt")}, which still knows something of them; the paper takes ten of another kind");
            }

            means = ResidualErasure.Means(model, [.. prompts.Select(p => p.Ids)], _analyses.FirstAveraged(a)..);
        }

        var maps = new List<double[,]>();
        int count = _analyses.Erased(a);
        foreach (DepthPrompt prompt in prompts.Take(count))
        {
            var part = new PartOfProgress(bar, (double)maps.Count / count, 1.0 / count);
            maps.Add(ResidualErasure.Run(model, prompt.Ids, prompt.Answering, (l, _) => means[l], mostBytes, part));
        }

        return maps;
    }

    private void RunMaps(Session session, Model model, IReadOnlyList<DepthPrompt> prompts, LinearMapOptions options, string? directory)
    {
        using Model other = session.LoadModel(model.Device, _maps.Target(session.Arguments)!);
        IReadOnlyList<int>[] windows = LinearMapSettings.Windows(prompts, _maps.Window(session.Arguments));
        if (LinearMaps.Bytes(model, other, options, 1) is var least && least > options.MostBytes)
        {
            session.Terminal.Note($"maps to one state of the other model hold {Text.Bytes(least)}, more than the {Text.Bytes(options.MostBytes)} of --memory; they are made one state after the other");
        }

        LinearMapResult result = session.Watch("mapping", bar => LinearMaps.Run(model, other, windows, options with { Progress = bar }));
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
