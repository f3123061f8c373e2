using System.CommandLine;
using System.Globalization;
using Weir.Analysis.Sweeps;
using Weir.Cli.Edits;
using Weir.Cli.Lens;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Cli.Sweeps;
using Weir.Engine;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir sweep: many interventions on many prompts as one wave, kept in a file that a killed run goes on with.</summary>
internal sealed class SweepCommand : Verb
{
    private readonly PromptSettings _prompt = new("PROMPT", many: true);
    private readonly SweepVariantSettings _variants = new();
    private readonly TextSetting _measure = new("--measure", "RANGE", "positions at which contributions and distributions are compared", "all");
    private readonly RepeatedSetting _target = new("--target", "TOKEN", "log-probability and rank of this token at the last position; of two, also their logit difference");
    private readonly TextSetting _out = new("--out", "FILE", "keep the cells in a SQLite file");
    private readonly FlagSetting _resume = new("--resume", "go on with the file of --out");
    private readonly TextSetting _shard = new("--shard", "I/N", "run part I (from 0) of N; see weir sweep merge");
    private readonly IntegerSetting _memory = new("--memory", "MIB", "activations that may be held at once, in MiB", 0, 0, int.MaxValue, "2048, or half of what is free");
    private readonly FlagSetting _plan = new("--plan", "print what would run, and run nothing");
    private readonly SweepExportSettings _export = new();

    /// <summary>Makes the verb.</summary>
    public SweepCommand() : base("sweep", "changes one thing at a time, on one prompt or many, and measures what each change does, all in one wave through the layers")
    {
        Add(new SweepMergeCommand());

        // The library asks for a verb where there are some, unless there is something to do without.
        SetAction(_ => ExitCode.Success);
        Add(_prompt.Argument);
        AddGroup("Prompts", _prompt.File, _prompt.Ids);
        AddGroup("Variants", _variants.All);
        AddGroup("Measures", _measure, _target);
        AddGroup("Run", _plan, _memory, _out, _resume, _shard);
        AddGroup("Output", _export.All);
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        Every variant is compared with the unchanged prompt: what each later attention and MLP adds (attn_out, mlp_out: relative change as mean and maximum, cosine, norm) and the next-token distribution (kl, kl_reverse in nats, probability_l2, total_variation). Of several prompts means are shown, with 95 % bootstrap intervals over prompts; the page of --report has the interval of every mean. With --out each wave's cells are in the file when they are done; a run that was stopped or killed goes on with --resume, and parts run elsewhere with --shard are joined by 'weir sweep merge'.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir sweep \"The capital of France is\" --target \" P\"",
        "weir sweep \"The capital of Italy is\" --variants patch --clean \"The capital of France is\" --site resid_pre --target \" P\" --target \" R\"",
        "weir sweep --file prompts.txt --variants heads --out heads.db --plan",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        string? path = _out.Get(a);
        OutputFile.CheckFile("--out", path);
        _export.Check(a);
        if (path is null)
        {
            UnusedOptions.Refuse(a, "goes on with the file of --out; name it", _resume);
        }

        SweepShard shard = Shard(_shard.Get(a));
        Func<Model, int[][], IReadOnlyList<Variant>> read = _variants.Read(a);
        IndexRange measure = _measure.Get(a) is { } text ? IndexRange.Parse("--measure", text) : IndexRange.All;
        long memory = _memory.GetLong(a) << 20;
        string[] targetTexts = _target.Get(a);
        IReadOnlyList<Prompt> prompts = _prompt.Read(session);

        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        int[][] ids = [.. prompts.Select(p => p.Encode(model))];
        if (ids.FirstOrDefault(i => measure.In(i.Length) is var (from, to) && from == to) is { } unmeasured)
        {
            throw new WeirException($"--measure names no position of a prompt of {unmeasured.Length} tokens.");
        }

        IReadOnlyList<Variant> variants = read(model, ids);
        int[] targets = [.. targetTexts.Select(t => TargetToken.Parse(model, t))];
        var sweep = new Sweep(model, ids, variants, Metrics(ids, targets, measure.Range)) { MostBytes = memory, Shard = shard };
        SweepPlanText.Write(session.Terminal, model, sweep.Plan(), ids.Length, variants.Count);
        if (_plan.Get(a))
        {
            return;
        }

        SweepDescription description = Describe(a, model, prompts, ids, variants, targets);
        List<SweepCell> cells = session.Watch("sweeping", bar => RunSweep(session.Terminal, sweep, description, path, _resume.Get(a), bar));
        _export.Write(session, description, cells);
        var means = new SweepMeans(cells);
        var grid = SweepGrid.Of(variants, means, ids.Length == 1 && model.HasTokenizer ? [.. ids[0].Select(id => TokenText.Of(model, id))] : null);
        Report report = new Report("Sweep", $"{Text.Count(variants.Count, "variant")} of {Text.Count(ids.Length, "prompt")}, each compared with the unchanged prompt.").Add(SweepSummary.Of(means, variants, model.Spec.Layers));
        if (!_export.TakesOutput(a))
        {
            report.Print(session.Terminal);
            grid?.Print(session.Terminal);
        }

        if (_export.Report(a) is { } directory)
        {
            AddMaps(report, means, grid, model.Spec.Layers);
            report.Save(session, model, directory, json => SweepJson.Write(json, description, cells));
        }
    }

    private static void AddMaps(Report report, SweepMeans means, SweepGrid? grid, int layers)
    {
        if (grid is not null)
        {
            report.Add(grid.ToPart());
        }

        report.Add(SweepSummary.Changes(means, layers, "attn_out", "Change of what each attention adds"));
        report.Add(SweepSummary.Changes(means, layers, "mlp_out", "Change of what each MLP adds"));
    }

    private SweepDescription Describe(ParseResult a, Model model, IReadOnlyList<Prompt> prompts, int[][] ids, IReadOnlyList<Variant> variants, int[] targets) => new(
        new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["model"] = model.Hash,
            ["device"] = model.Device.Arithmetic,
            ["clean"] = string.Join(' ', _variants.Clean(a, model) ?? []),
            ["measure"] = _measure.Get(a) ?? "all",
            ["targets"] = string.Join(' ', targets),
            ["version"] = About.Version,
        },
        [.. prompts.Select((p, i) => new SweepPrompt(p.Text(model), string.Join(' ', ids[i])))],
        [.. variants.Select(v => new SweepVariant(v.Name, string.Join("; ", v.Edits.Select(e => $"{e.Action} {e.Site.Name}{(e.Head is { } h ? $"[{h}]" : "")} @{e.Positions}"))))]);

    private static List<SweepCell> RunSweep(Terminal terminal, Sweep sweep, SweepDescription description, string? path, bool resume, IProgress<double> bar)
    {
        if (path is null)
        {
            return [.. sweep.Run(progress: bar).SelectMany(c => c)];
        }

        using SweepFile file = SweepFile.Create(path, description, resume);
        int before = file.Count;
        foreach (IReadOnlyList<SweepCell> cells in sweep.Run(file.Has, bar))
        {
            file.Add(cells);
        }

        terminal.Note($"{path} holds {Text.Grouped(file.Count)} of {Text.Grouped(description.Prompts.Count * (long)description.Variants.Count)} cells{(before > 0 ? $", {Text.Grouped(before)} from before" : "")}");
        return [.. file.Cells()];
    }

    private static ISweepMetric[] Metrics(int[][] ids, int[] targets, Range measure)
    {
        ISweepMetric[] metrics =
        [
            new ContributionMetric(SweepPoint.AttentionOut) { Positions = measure },
            new ContributionMetric(SweepPoint.MlpOut) { Positions = measure },
            new DistributionMetric { Positions = measure },
        ];
        return targets.Length == 0 ? metrics : [.. metrics, new TargetMetric([.. ids.Select(_ => targets)])];
    }

    private static SweepShard Shard(string? text)
    {
        if (text is null)
        {
            return SweepShard.Whole;
        }

        string[] parts = text.Split('/');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && index < count
            ? new SweepShard(index, count)
            : throw new UsageException($"--shard must be a part and the number of parts, such as 0/4, not '{text}'.");
    }
}
