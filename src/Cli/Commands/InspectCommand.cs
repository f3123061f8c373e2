using System.CommandLine;
using System.Text.Json;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Engine.Checkpoints;
using Weir.Engine.Families;
using Weir.Engine.Hooks;
using Weir.Engine.Tokenizers;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir inspect: what a model is made of, what it costs, and which sites it has; reads no weights.</summary>
internal sealed class InspectCommand : Verb
{
    private const int ExampleTokens = 512;

    private readonly Argument<string?> _directory = new("DIR") { Arity = ArgumentArity.ZeroOrOne, Description = "the model's directory, as --model" };
    private readonly TextSetting _json = new("--json", "FILE", "write it all as JSON; - is the standard output, instead of the page");

    /// <summary>Makes the verb.</summary>
    public InspectCommand() : base("inspect", "shows what a model is made of, the memory it needs and every site that hooks can read or change")
    {
        Add(_directory);
        AddGroup("Output", _json);
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        Shapes are TransformerLens's without the batch: sequences lie packed one after another, [tokens, width] or [tokens, heads, head size], and attention maps are [heads, queries, keys] for each sequence.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
        ["weir inspect", "weir inspect models/demo", "weir inspect --json - | jq '.sites[].name'"];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        string? json = _json.Get(session.Arguments);
        OutputFile.Check("--json", json);
        if (session.Arguments.GetValue(_directory) is { } directory)
        {
            session.ModelDirectory = directory;
        }

        using Checkpoint checkpoint = session.OpenCheckpoint();
        string tokenizerPath = Path.Combine(checkpoint.Location, "tokenizer.json");
        ITokenizer? tokenizer = File.Exists(tokenizerPath) ? TokenizerFile.Load(tokenizerPath, checkpoint.Spec) : null;
        if (json is not null)
        {
            RunRecord.Save(json, session, _ => { }, w => WriteJson(w, checkpoint, tokenizer));
        }

        if (json != "-")
        {
            WritePage(session.Terminal, checkpoint, tokenizer);
        }
    }

    private static long KeyValueBytes(ModelSpec spec) => 2L * spec.Layers * spec.Attention.KeyWidth * sizeof(float);

    private static int ExampleLength(ModelSpec spec) => Math.Min(ExampleTokens, spec.ContextLength);

    private static long SlabBytes(ModelSpec spec) =>
        new HookPlan(new HookSet().Capture(Site.ResidualPre[0], Site.ResidualPost.AllLayers), spec).CaptureBytes([ExampleLength(spec)]);

    private static void WritePage(Terminal terminal, Checkpoint checkpoint, ITokenizer? tokenizer)
    {
        ModelSpec spec = checkpoint.Spec;
        var facts = new FactList(terminal, 14);
        facts.Add("directory", Path.GetFullPath(checkpoint.Location));
        facts.Add("hash", checkpoint.Hash);
        foreach ((string name, string value) in SpecText.Facts(spec))
        {
            facts.Add(name, value);
        }

        facts.Add("parameters", Text.Grouped(checkpoint.Parameters));
        facts.Add("weights", $"{Text.Bytes(checkpoint.WeightBytes)} as stored, {string.Join(" and ", checkpoint.StoredTypes.Select(t => t.Name()))}, in {Text.Of(checkpoint.Files.Count)} file{(checkpoint.Files.Count == 1 ? "" : "s")}");
        facts.Add("keys, values", $"{Text.Bytes(KeyValueBytes(spec))} a token, {Text.Bytes(KeyValueBytes(spec) * spec.ContextLength)} for a full context");
        facts.Add("residuals", $"{Text.Bytes(SlabBytes(spec))} for all of them at {Text.Of(ExampleLength(spec))} tokens");
        facts.Add("tokenizer", tokenizer is null ? "none (no tokenizer.json)" : SpecText.Tokenizer(spec, tokenizer));
        foreach (string warning in spec.Warnings)
        {
            facts.Add("warning", warning);
        }

        terminal.Output.WriteLine();
        var table = new TextTable(terminal).Column("site").Column("shape", flexible: true);
        var missing = new TextTable(terminal).Column("not in this model").Column("because", flexible: true);
        int absent = 0;
        foreach (SiteInfo info in SiteCatalog.All)
        {
            if (info.Missing(spec) is { } reason)
            {
                missing.Row(info.Name, reason);
                absent++;
            }
            else
            {
                table.Row(info.Name, info.ShapeText(spec));
            }
        }

        table.Write();
        if (absent > 0)
        {
            terminal.Output.WriteLine();
            missing.Write();
        }
    }

    private static void WriteJson(Utf8JsonWriter json, Checkpoint checkpoint, ITokenizer? tokenizer)
    {
        ModelSpec spec = checkpoint.Spec;
        RunRecord.WriteModel(json, checkpoint.Location, checkpoint.Hash, spec);
        json.WriteStartObject("spec");
        foreach ((string name, string value) in SpecText.Facts(spec))
        {
            json.WriteString(name.Replace(' ', '_'), value);
        }

        json.WriteNumber("context", spec.ContextLength);
        json.WriteNumber("heads", spec.Attention.Heads);
        json.WriteNumber("key_value_heads", spec.Attention.KeyValueHeads);
        json.WriteNumber("head_size", spec.Attention.HeadSize);
        json.WriteNumber("mlp_width", spec.Mlp.Width);
        json.WriteEndObject();
        json.WriteNumber("parameters", checkpoint.Parameters);
        json.WriteNumber("weight_bytes", checkpoint.WeightBytes);
        WriteStrings(json, "stored_types", checkpoint.StoredTypes.Select(t => t.Name()));
        json.WriteNumber("key_value_bytes_per_token", KeyValueBytes(spec));
        json.WriteNumber("residual_bytes", SlabBytes(spec));
        json.WriteNumber("residual_bytes_tokens", ExampleLength(spec));
        WriteStrings(json, "warnings", spec.Warnings);
        if (tokenizer is not null)
        {
            json.WriteStartObject("tokenizer");
            json.WriteNumber("vocabulary", tokenizer.VocabularySize);
            json.WriteStartObject("special");
            foreach (int id in SpecText.SpecialIds(tokenizer))
            {
                json.WriteNumber(tokenizer.Piece(id), id);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteStartArray("sites");
        foreach (SiteInfo info in SiteCatalog.All)
        {
            json.WriteStartObject();
            json.WriteString("name", info.Name);
            if (info.Missing(spec) is { } reason)
            {
                json.WriteString("missing", reason);
            }
            else
            {
                json.WriteString("shape", info.ShapeText(spec));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
