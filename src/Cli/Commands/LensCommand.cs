using System.CommandLine;
using System.Text.Json;
using Weir.Cli.Edits;
using Weir.Cli.Lens;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir lens: what the model would say after each layer.</summary>
internal sealed class LensCommand : Verb
{
    private readonly PromptSettings _prompt = new("PROMPT", many: false);
    private readonly ChoiceSetting _norm = new("--norm", "norm in front of the unembedding: the final norm with the state's own scale, with the last layer's scale, or none", "recomputed", "cached-scale", "none");
    private readonly IntegerSetting _top = new("--top", "K", "tokens to name for each layer", 5, 1);
    private readonly RealSetting _temperature = new("--temperature", "T", "divides the logits", 1, "a number above 0", t => t > 0);
    private readonly TextSetting _positions = new("--positions", "RANGE", "positions to read, such as 3.., ..5, 3..7, 5 or -1", "all");
    private readonly RepeatedSetting _target = new("--target", "TOKEN", "probability and rank of this token after each layer: ' John', with its space, or id:674");
    private readonly EditSettings _edits = new();
    private readonly TextSetting _html = new("--html", "FILE", "write a page for the browser, complete in itself");
    private readonly TextSetting _json = new("--json", "FILE", "write everything as JSON; - is the standard output, instead of the tables");
    private readonly TextSetting _out = new("--out", "DIR", "write states and numbers to DIR/lens.safetensors and DIR/lens.json");

    /// <summary>Makes the verb.</summary>
    public LensCommand() : base("lens", "reads the residual stream after each layer out through the unembedding: what the model would say if it ended there")
    {
        Add(_prompt.Argument);
        AddGroup("Reading", _prompt.File, _prompt.Ids, _norm, _top, _temperature, _positions, _target);
        AddGroup("Edits", _edits.All);
        AddGroup("Output", _html, _json, _out);
    }

    /// <inheritdoc/>
    public override string Notes => EditSettings.Help;

    /// <inheritdoc/>
    public override bool TakesMany => false;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir lens \"Then John and Mary went to the store. Mary gave a ring to\" --target \" John\" --target \" Mary\"",
        "weir lens \"12 + 7 =\" --positions -1 --top 10 --json lens.json",
        "weir lens \"The capital of France is\" --skip resid_post.4 --html lens.html",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        var files = (Html: _html.Get(a), Json: _json.Get(a), Out: _out.Get(a));
        OutputFile.Check("--html", files.Html);
        OutputFile.Check("--json", files.Json);
        if (files.Out is not null)
        {
            OutputFile.CheckDirectory("--out", files.Out);
        }

        var norm = (LensNorm)_norm.Get(a);
        int top = _top.Get(a);
        float temperature = _temperature.Get(a);
        IndexRange range = _positions.Get(a) is { } text ? IndexRange.Parse("--positions", text) : IndexRange.All;
        string[] targetTexts = _target.Get(a);
        IReadOnlyList<EditRequest> edits = _edits.Read(session);
        Prompt prompt = _prompt.Read(session)[0];

        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        int[] ids = prompt.Encode(model);
        (int first, int end) = range.In(ids.Length);
        if (first >= end)
        {
            throw new WeirException($"--positions names no position of a prompt of {ids.Length} tokens.");
        }

        if (top > model.Spec.VocabularySize)
        {
            throw new WeirException($"--top {top} is more than the {model.Spec.VocabularySize} tokens that the model has.");
        }

        session.InEffect["--positions"] = $"{first}..{end}";
        int[] targets = [.. targetTexts.Select(t => TargetToken.Parse(model, t))];
        HookSet hooks = EditSettings.Hooks(edits, [ids.Length], continues: false).Capture(Site.ResidualPre[0], Site.ResidualPost.AllLayers);
        using ForwardResult pass = Forward(session, model, ids, hooks);
        Tensor[] states = [.. Enumerable.Range(0, model.Spec.Layers + 1)
            .Select(s => pass[s == 0 ? Site.ResidualPre[0] : Site.ResidualPost[s - 1]].RowRange(first, end - first))];
        var view = new LensView
        {
            ModelLine = SpecText.Line(model.Location, model.Spec),
            Spec = model.Spec,
            Tokenizer = model.HasTokenizer ? model.Tokenizer : null,
            Prompt = prompt.Text(model),
            Ids = ids,
            FirstPosition = first,
            Result = Read(session, model, states, norm, Math.Min(Math.Max(top, LensView.OverlapCount), model.Spec.VocabularySize), temperature, targets),
            Top = top,
            Targets = targets,
            Reading = $"norm {NormName(norm)}, temperature {temperature.ToString(System.Globalization.CultureInfo.InvariantCulture)}",
        };
        Save(session, model, view, states, files);
        if (files.Json != "-")
        {
            foreach (string line in TextWidth.Wrap($"{view.ModelLine}, {view.Reading}", session.Terminal.Settings.Width))
            {
                session.Terminal.Output.WriteLine(line);
            }

            LensGrid.Write(session.Terminal, view);
            LensTables.Write(session.Terminal, view);
        }
    }

    private static string NormName(LensNorm norm) => norm switch
    {
        LensNorm.Recomputed => "recomputed",
        LensNorm.CachedScale => "with the last layer's scale",
        _ => "none",
    };

    private static ForwardResult Forward(Session session, Model model, int[] ids, HookSet hooks)
    {
        using var bar = new ProgressBar(session.Terminal, "running", session.Cancellation);
        return model.Forward(ids, hooks, new ForwardOptions { Logits = LogitRows.None, Progress = bar });
    }

    private static LensResult Read(Session session, Model model, Tensor[] states, LensNorm norm, int top, float temperature, int[] targets)
    {
        using var bar = new ProgressBar(session.Terminal, "reading", session.Cancellation);
        return LensReader.Read(model, states, new LensOptions
        {
            Norm = norm,
            TopK = top,
            Divergence = true,
            Temperature = temperature,
            Targets = targets.Length == 0 ? null : [.. Enumerable.Repeat(targets, states[0].Rows)],
            Progress = bar,
        });
    }

    private static void Save(Session session, Model model, LensView view, Tensor[] states, (string? Html, string? Json, string? Out) files)
    {
        Action<Utf8JsonWriter> head = RunRecord.Of(model);
        void Results(Utf8JsonWriter json) => LensJson.Write(json, view);
        if (files.Out is not null)
        {
            Directory.CreateDirectory(files.Out);
            string path = LensTensors.Save(files.Out, view, states, model.Device, RunRecord.ToText(session, head, _ => { }));
            RunRecord.Save(Path.Combine(files.Out, "lens.json"), session, head, Results);
            session.Terminal.Note($"wrote {path} and lens.json beside it");
        }

        if (files.Html is not null)
        {
            string page = LensHtml.Page(view, RunRecord.ToText(session, head, Results));
            OutputFile.Write(files.Html, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(page)));
            session.Terminal.Note($"wrote {files.Html}");
        }

        if (files.Json is not null)
        {
            RunRecord.Save(files.Json, session, head, Results);
            if (files.Json != "-")
            {
                session.Terminal.Note($"wrote {files.Json}");
            }
        }
    }
}
