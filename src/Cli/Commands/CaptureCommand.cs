using System.CommandLine;
using System.Text.Json;
using Weir.Cli.Edits;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir capture: writes the values of sites to a file.</summary>
internal sealed class CaptureCommand : Verb
{
    private readonly PromptSettings _prompt = new("PROMPT", many: true);
    private readonly RepeatedSetting _site = new("--site", "SITE", "a site, with * for all layers: blocks.3.hook_resid_post, resid_post.3, attn.hook_pattern as pattern.*") { Required = true };
    private readonly EditSettings _edits = new();
    private readonly TextSetting _out = new("--out", "FILE", "the file, .safetensors or .npz") { Required = true };

    /// <summary>Makes the verb.</summary>
    public CaptureCommand() : base("capture", "runs a text, or several as one batch, and writes the values of sites to a file")
    {
        Add(_prompt.Argument);
        AddGroup("Run", _prompt.File, _prompt.Ids, _site);
        AddGroup("Edits", _edits.All);
        AddGroup("Output", _out);
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        The file names tensors as TransformerLens does, blocks.3.hook_resid_post. Shapes are TransformerLens's without the batch, because sequences are packed one after another and nothing is padded: [tokens, width], [tokens, heads, head size] for q, k, v and z, [tokens, heads, width] for result. Sequence s owns the rows offsets[s] to offsets[s + 1] - 1. Attention maps are [heads, queries, keys], with .sequence.S behind the name where there are several texts. token_ids holds the tokens; the metadata ("weir", JSON) holds prompts, model, options and version.
        """ + "\n" + EditSettings.Help;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir capture \"The capital of France is\" --site 'resid_post.*' --out residuals.safetensors",
        "weir capture \"The capital of France is\" --site 'pattern.*' --site z.3 --out attention.npz",
        "weir capture --file prompts.txt --site mlp.post.5 --zero 'attn_out.2' --out neurons.safetensors",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        string path = _out.Get(a)!;
        bool npz = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".npz" => true,
            ".safetensors" => false,
            _ => throw new UsageException($"--out must end in .safetensors or .npz, not '{Path.GetFileName(path)}'."),
        };
        OutputFile.Check("--out", path);
        Site[] sites = [.. _site.Get(a).Select(Site.Parse)];
        IReadOnlyList<EditRequest> edits = _edits.Read(session);
        IReadOnlyList<Prompt> prompts = _prompt.Read(session);

        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        int[][] ids = [.. prompts.Select(p => p.Encode(model))];
        HookSet hooks = EditSettings.Hooks(edits, [.. ids.Select(i => i.Length)], continues: false).Capture(sites);
        var plan = new HookPlan(hooks, model.Spec);
        bool head = hooks.Captures.Concat(hooks.Edits.Select(e => e.Site)).Any(s => s.Point is SitePoint.Logits or SitePoint.LnFinalScale or SitePoint.LnFinalNormalized);
        session.Terminal.Note($"keeping {Text.Of(plan.Captures.Count)} sites, {Text.Bytes(plan.CaptureBytes([.. ids.Select(i => i.Length)]))}");
        using ForwardResult result = Forward(session, model, ids, hooks, head);
        CaptureFile file = new(model, result, ids, plan.Captures);
        string record = RunRecord.ToText(session, RunRecord.Of(model), w => WriteRun(w, model, prompts, ids));
        using (var bar = new ProgressBar(session.Terminal, "writing", session.Cancellation))
        {
            OutputFile.Save(path, target => file.Save(target, npz, record, bar));
        }

        var table = new TextTable(session.Terminal).Column("tensor", flexible: true).Column("shape").Column("bytes", right: true);
        foreach ((string name, long[] shape, long bytes) in file.Tensors)
        {
            table.Row(name, $"[{string.Join(", ", shape)}]", Text.Grouped(bytes));
        }

        table.Write();
        session.Terminal.Output.WriteLine();
        foreach (string line in TextWidth.Wrap($"wrote {path}, {Text.Bytes(new FileInfo(path).Length)}", session.Terminal.Settings.Width))
        {
            session.Terminal.Output.WriteLine(line);
        }
    }

    private static ForwardResult Forward(Session session, Model model, int[][] ids, HookSet hooks, bool head)
    {
        using var bar = new ProgressBar(session.Terminal, "running", session.Cancellation);
        return model.Forward(ids, hooks, new ForwardOptions { Logits = head ? LogitRows.All : LogitRows.None, Progress = bar });
    }

    private static void WriteRun(Utf8JsonWriter json, Model model, IReadOnlyList<Prompt> prompts, int[][] ids)
    {
        json.WriteStartArray("prompts");
        for (int i = 0; i < prompts.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("text", prompts[i].Text(model));
            RunRecord.WriteIds(json, "ids", ids[i]);
            json.WriteStartArray("pieces");
            foreach (int id in ids[i])
            {
                json.WriteStringValue(TokenText.Piece(model.HasTokenizer ? model.Tokenizer : null, id));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
