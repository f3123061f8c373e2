using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Engine;
using Weir.Engine.Checkpoints;
using Weir.Engine.Tokenizers;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir tokenize: ids and pieces of a text, or the text of ids; reads no weights.</summary>
internal sealed class TokenizeCommand : Verb
{
    private readonly PromptSettings _prompt = new("TEXT", many: false);
    private readonly RepeatedSetting _decode = new("--decode", "ID...", "print the text of these ids instead") { AllowMultipleArgumentsPerToken = true };
    private readonly FlagSetting _noSpecial = new("--no-special", "without the special tokens that the model puts around a text; with --decode, without any");
    private readonly TextSetting _json = new("--json", "FILE", "write it as JSON; - is the standard output, instead of the table");

    /// <summary>Makes the verb.</summary>
    public TokenizeCommand() : base("tokenize", "shows the token ids and pieces of a text, as the model gets them")
    {
        Add(_prompt.Argument);
        AddGroup("Text", _prompt.File, _decode, _noSpecial);
        AddGroup("Output", _json);
    }

    /// <inheritdoc/>
    public override bool TakesMany => false;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir tokenize \"The capital of France is\"",
        "weir tokenize --file prompt.txt --json tokens.json",
        "weir tokenize --decode 0 312 45",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        string? json = _json.Get(session.Arguments);
        OutputFile.Check("--json", json);
        string[] ids = _decode.Get(session.Arguments);
        string text = ids.Length == 0 ? _prompt.One(session) : "";
        using Checkpoint checkpoint = session.OpenCheckpoint();
        string path = Path.Combine(checkpoint.Location, "tokenizer.json");
        ITokenizer tokenizer = File.Exists(path)
            ? TokenizerFile.Load(path, checkpoint.Spec)
            : throw new WeirException($"FileMissing: {checkpoint.Location} has no tokenizer.json, so Weir cannot turn text into tokens for it.");
        bool noSpecial = _noSpecial.Get(session.Arguments);
        int[] tokens = ids.Length > 0 ? Parse(ids, checkpoint.Spec.VocabularySize)
            : noSpecial ? tokenizer.Encode(text, addSpecialTokens: false)
            : Model.Encode(tokenizer, checkpoint.Spec, text);
        string decoded = tokenizer.Decode(tokens, noSpecial && ids.Length > 0);
        if (json is not null)
        {
            RunRecord.Save(json, session, w => RunRecord.WriteModel(w, checkpoint.Location, checkpoint.Hash, checkpoint.Spec), w => WriteJson(w, tokenizer, ids.Length > 0 ? null : text, tokens, decoded));
        }

        if (json == "-")
        {
            return;
        }

        if (ids.Length > 0)
        {
            session.Terminal.Output.WriteLine(session.Terminal.Settings.OutputIsTerminal ? TokenText.Harmless(decoded) : decoded);
        }
        else
        {
            WriteTable(session.Terminal, tokenizer, tokens);
        }
    }

    private static int[] Parse(string[] ids, int vocabulary)
    {
        int[] tokens = new int[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            if (!int.TryParse(ids[i], NumberStyles.None, CultureInfo.InvariantCulture, out tokens[i]) || tokens[i] >= vocabulary)
            {
                throw new UsageException($"--decode takes token ids from 0 to {vocabulary - 1}, not '{ids[i]}'.");
            }
        }

        return tokens;
    }

    private static void WriteTable(Terminal terminal, ITokenizer tokenizer, int[] tokens)
    {
        var table = new TextTable(terminal).Column("position", right: true).Column("id", right: true).Column("text", flexible: true).Column("piece", flexible: true).Column("");
        for (int i = 0; i < tokens.Length; i++)
        {
            table.Row(Text.Of(i), Text.Of(tokens[i]), TokenText.Of(tokenizer, tokens[i]), TokenText.Visible(TokenText.Piece(tokenizer, tokens[i])), tokenizer.IsSpecial(tokens[i]) ? "special" : "");
        }

        table.Write();
    }

    private static void WriteJson(Utf8JsonWriter json, ITokenizer tokenizer, string? text, int[] tokens, string decoded)
    {
        if (text is not null)
        {
            json.WriteString("text", text);
        }

        json.WriteStartArray("tokens");
        for (int i = 0; i < tokens.Length; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("position", i);
            json.WriteNumber("id", tokens[i]);
            json.WriteString("text", tokenizer.TokenText(tokens[i]));
            json.WriteString("piece", TokenText.Piece(tokenizer, tokens[i]));
            json.WriteBoolean("special", tokenizer.IsSpecial(tokens[i]));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("decoded", decoded);
    }
}
