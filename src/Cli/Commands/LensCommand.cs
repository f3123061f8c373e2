using System.CommandLine;
using System.Text.Json;
using Weir.Analysis.Lens;
using Weir.Cli.Edits;
using Weir.Cli.Lens;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir lens: what the model would say after each layer.</summary>
internal sealed class LensCommand : Verb
{
    private readonly PromptSettings _prompt = new("PROMPT", many: true);
    private readonly ChoiceSetting _norm = new("--norm", "norm in front of the unembedding: the final norm with the state's own scale, with the last layer's scale, or none", "recomputed", "cached-scale", "none");
    private readonly IntegerSetting _top = new("--top", "K", "tokens to name for each layer", 5, 1);
    private readonly RealSetting _temperature = new("--temperature", "T", "divides the logits", 1, "a number above 0", t => t > 0);
    private readonly TextSetting _positions = new("--positions", "RANGE", "positions to read, such as 3.., ..5, 3..7, 5 or -1", "all");
    private readonly RepeatedSetting _target = new("--target", "TOKEN", "probability and rank of this token after each layer: ' John', with its space, or id:674");
    private readonly FlagSetting _modules = new("--modules", "also read what attention and MLP of each layer add, as states of their own");
    private readonly EditSettings _edits = new();
    private readonly TextSetting _html = new("--html", "FILE", "write a page for the browser, complete in itself");
    private readonly TextSetting _json = new("--json", "FILE", "write everything as JSON; - is the standard output, instead of the tables");
    private readonly TextSetting _out = new("--out", "DIR", "write the report, with states and numbers as tensors");

    /// <summary>Makes the verb.</summary>
    public LensCommand() : base("lens", "reads the residual stream after each layer out through the unembedding: what the model would say if it ended there")
    {
        Add(_prompt.Argument);
        AddGroup("Reading", _prompt.File, _prompt.Ids, _norm, _top, _temperature, _positions, _target, _modules);
        AddGroup("Edits", _edits.All);
        AddGroup("Output", _html, _json, _out);
    }

    /// <inheritdoc/>
    public override string Notes => EditSettings.Help;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir lens \"Then John and Mary went to the store. Mary gave a ring to\" --target \" John\" --target \" Mary\"",
        "weir lens \"12 + 7 =\" --positions -1 --top 10 --json lens.json",
        "weir lens \"The capital of France is\" --skip resid_post.4 --html lens.html",
        "weir lens --file prompts.txt --modules --out lens",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        var files = (Html: _html.Get(a), Json: _json.Get(a), Out: _out.Get(a));
        OutputFile.Check("--html", files.Html);
        OutputFile.Check("--json", files.Json);
        OutputFile.CheckDirectory("--out", files.Out);

        var norm = (LensNorm)_norm.Get(a);
        int top = _top.Get(a);
        float temperature = _temperature.Get(a);
        IndexRange range = _positions.Get(a) is { } text ? IndexRange.Parse("--positions", text) : IndexRange.All;
        string[] targetTexts = _target.Get(a);
        IReadOnlyList<EditRequest> edits = _edits.Read(session);
        IReadOnlyList<Prompt> prompts = _prompt.Read(session);

        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        int[][] ids = [.. prompts.Select(p => p.Encode(model))];
        (int First, int End)[] ranges = [.. ids.Select((list, i) => Positions(range, list, ids.Length > 1 ? $"prompt {i}, with" : "a prompt of"))];
        if (top > model.Spec.VocabularySize)
        {
            throw new WeirException($"--top {top} is more than the {model.Spec.VocabularySize} tokens that the model has.");
        }

        if (ids.Length == 1)
        {
            session.InEffect["--positions"] = $"{ranges[0].First}..{ranges[0].End}";
        }

        bool modules = _modules.Get(a);
        var options = new LensOptions
        {
            Norm = norm,
            TopK = Math.Min(Math.Max(top, LensView.OverlapCount), model.Spec.VocabularySize),
            Divergence = true,
            Temperature = temperature,
        };
        int[] targets = [.. targetTexts.Select(t => TargetToken.Parse(model, t))];
        HookSet hooks = EditSettings.Hooks(edits, [.. ids.Select(i => i.Length)], continues: false).Capture(Site.ResidualPre[0], Site.ResidualPost.AllLayers);
        foreach ((_, LayeredSite site) in modules ? LensModules.All : [])
        {
            hooks.Capture(site.AllLayers);
        }

        using ForwardResult pass = session.Watch("running", bar => model.Forward(ids, hooks, new ForwardOptions { Logits = LogitRows.None, Progress = bar }));
        Tensor[][] states = new Tensor[ids.Length][];
        LensView[] views = new LensView[ids.Length];
        using (var bar = new ProgressBar(session.Terminal, "reading", session.Cancellation))
        {
            for (int s = 0; s < ids.Length; s++)
            {
                (int row, int count) = (pass.Rows.Offsets[s] + ranges[s].First, ranges[s].End - ranges[s].First);
                states[s] = [.. Enumerable.Range(0, model.Spec.Layers + 1).Select(l => pass[l == 0 ? Site.ResidualPre[0] : Site.ResidualPost[l - 1]].RowRange(row, count))];
                LensOptions own = options with { Targets = targets.Length == 0 ? null : [.. Enumerable.Repeat(targets, count)], Progress = ids.Length == 1 ? bar : null };
                views[s] = new LensView
                {
                    Spec = model.Spec,
                    Tokenizer = model.HasTokenizer ? model.Tokenizer : null,
                    Prompt = prompts[s].Text(model),
                    Ids = ids[s],
                    FirstPosition = ranges[s].First,
                    Result = LensReader.Read(model, states[s], own),
                    Modules = modules ? LensReader.Read(model, LensModules.States(pass, model.Spec.Layers, row, count), own) : null,
                    Top = top,
                    Targets = targets,
                };
                bar.Report((s + 1.0) / ids.Length);
            }
        }

        string reading = $"norm {NormName(norm)}, temperature {temperature.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
        var means = new LensMeans([.. views.Select(v => v.Result)], Math.Min(LensView.OverlapCount, options.TopK));
        LensMeans? moduleMeans = modules ? new LensMeans([.. views.Select(v => v.Modules!)], Math.Min(LensView.OverlapCount, options.TopK)) : null;
        Report report = LensReport.Make(views, means, moduleMeans, reading);
        if (files.Json != "-")
        {
            Print(session.Terminal, report, views, means, $"{SpecText.Line(model.Location, model.Spec)}, {reading}");
        }

        void Results(Utf8JsonWriter json) => LensJson.Write(json, views, means, moduleMeans);
        if (files.Out is not null)
        {
            LensTensors.Add(report, views, states, device);
            report.Save(session, model, files.Out, Results);
        }

        Save(session, model, views, Results, files);
    }

    private static (int First, int End) Positions(IndexRange range, int[] ids, string prompt)
    {
        (int first, int end) = range.In(ids.Length);
        return first < end ? (first, end) : throw new WeirException($"--positions names no position of {prompt} {ids.Length} tokens.");
    }

    // One prompt as a grid of its tokens, several as their means.
    private static void Print(Terminal terminal, Report report, LensView[] views, LensMeans means, string head)
    {
        foreach (string line in TextWidth.Wrap(head, terminal.Settings.Width))
        {
            terminal.Output.WriteLine(line);
        }

        if (views.Length == 1)
        {
            LensGrid.Write(terminal, views[0]);
            LensTables.Write(terminal, views[0], LensReport.Depth(means));
        }

        report.Print(terminal);
    }

    private static string NormName(LensNorm norm) => norm switch
    {
        LensNorm.Recomputed => "recomputed",
        LensNorm.CachedScale => "with the last layer's scale",
        _ => "none",
    };

    private static void Save(Session session, Model model, LensView[] views, Action<Utf8JsonWriter> results, (string? Html, string? Json, string? Out) files)
    {
        Action<Utf8JsonWriter> head = RunRecord.Of(model);
        if (files.Html is not null)
        {
            string page = LensHtml.Page(views, RunRecord.ToText(session, head, results));
            OutputFile.Write(files.Html, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(page)));
            session.Terminal.Note($"wrote {files.Html}");
        }

        if (files.Json is not null)
        {
            RunRecord.Save(files.Json, session, head, results);
            if (files.Json != "-")
            {
                session.Terminal.Note($"wrote {files.Json}");
            }
        }
    }
}
