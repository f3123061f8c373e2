using System.CommandLine;
using System.Text;
using System.Text.Json;
using Weir.Cli.Edits;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Rendering;
using Weir.Engine;
using Weir.Engine.Generation;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir generate: continues texts.</summary>
internal sealed class GenerateCommand : Verb
{
    private readonly PromptSettings _prompt = new("PROMPT", many: true);
    private readonly IntegerSetting _maxTokens = new("--max-tokens", "N", "most tokens to add to each text", 32, 1);
    private readonly RealSetting _temperature = new("--temperature", "T", "0 takes the most probable token each time", 0, "a number of at least 0", t => t >= 0);
    private readonly IntegerSetting _topK = new("--top-k", "K", "draw from the K most probable tokens; 0 for all", 0, 0);
    private readonly RealSetting _topP = new("--top-p", "P", "draw from the most probable tokens that together reach P", 1, "a number above 0 and at most 1", p => p is > 0 and <= 1);
    private readonly IntegerSetting _seed = new("--seed", "S", "seed of the draws; the same seed gives the same text, alone or in a batch", 0, long.MinValue, long.MaxValue);
    private readonly RepeatedSetting _stop = new("--stop", "TEXT", "end before this text; \\n and \\t stand for line break and tab");
    private readonly IntegerSetting _count = new("--count", "N", "texts to draw for each prompt, with seeds S, S+1, ..., as one batch", 1, 1);
    private readonly EditSettings _edits = new();
    private readonly FlagSetting _noPrompt = new("--no-prompt", "print the continuation alone");
    private readonly TextSetting _json = new("--json", "FILE", "write texts and ids as JSON; - is the standard output, instead of the texts");

    /// <summary>Makes the verb.</summary>
    public GenerateCommand() : base("generate", "continues a text, or several as one batch, with edits acting on every token")
    {
        Add(_prompt.Argument);
        AddGroup("Text", _prompt.File, _prompt.Ids, _maxTokens, _temperature, _topK, _topP, _seed, _stop, _count);
        AddGroup("Edits", _edits.All);
        AddGroup("Output", _noPrompt, _json);
    }

    /// <inheritdoc/>
    public override string Notes => EditSettings.Help;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir generate \"The capital of France is\" --max-tokens 8",
        "weir generate \"Once upon a time\" --temperature 0.8 --seed 7 --count 4",
        "weir generate --file prompts.txt --add resid_post.4=steer.safetensors:6@3.. --json out.json",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        string? json = _json.Get(a);
        OutputFile.Check("--json", json);
        int count = _count.Get(a);
        long seed = _seed.GetLong(a);
        var options = new GenerationOptions
        {
            MaxTokens = _maxTokens.Get(a),
            Temperature = _temperature.Get(a),
            TopK = _topK.Get(a),
            TopP = _topP.Get(a),
            Stop = [.. _stop.Get(a).Select(Unescape)],
        };

        IReadOnlyList<EditRequest> edits = _edits.Read(session);
        IReadOnlyList<Prompt> prompts = _prompt.Read(session);
        if (count > 1 && options.Temperature == 0)
        {
            session.Terminal.Note("at temperature 0 all texts of a prompt are the same; give --temperature for different ones");
        }

        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        Continuation[] texts = [.. prompts.SelectMany(prompt =>
        {
            int[] ids = prompt.Encode(model);
            string text = prompt.Text(model);
            return Enumerable.Range(0, count).Select(i => new Continuation(text, ids, unchecked(seed + i)));
        })];
        options = options with
        {
            Seeds = [.. texts.Select(t => t.Seed)],
            Hooks = EditSettings.Hooks(edits, [.. texts.Select(t => t.PromptIds.Length)], continues: true),
            Progress = new StopCheck(session.Cancellation),
        };
        Generate(session, model, texts, options, silent: json == "-", withPrompt: !_noPrompt.Get(a));
        if (json is not null)
        {
            RunRecord.Save(json, session, RunRecord.Of(model), w => WriteJson(w, model, texts));
        }
    }

    private static void Generate(Session session, Model model, Continuation[] texts, GenerationOptions options, bool silent, bool withPrompt)
    {
        bool streams = texts.Length == 1 && !silent;
        var writer = new ContinuationWriter(session.Terminal, texts, withPrompt);
        using var bar = streams ? null : new ProgressBar(session.Terminal, "generating", session.Cancellation);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        if (streams)
        {
            writer.Begin(0);
        }

        int tokens = 0;
        foreach (GeneratedToken made in Generator.Stream(model, [.. texts.Select(t => (IReadOnlyList<int>)t.PromptIds)], options))
        {
            session.Cancellation.ThrowIfCancellationRequested();
            GeneratedToken token = model.HasTokenizer ? made : made with { Text = $" #{made.Id}" };
            texts[token.Sequence].Add(token);
            bar?.Report((double)texts[token.Sequence].Ids.Count / options.MaxTokens);
            tokens++;
            if (streams)
            {
                writer.Stream(token.Text);
            }
        }

        if (streams)
        {
            writer.End(0);
        }
        else if (!silent)
        {
            bar?.Dispose();
            writer.WriteAll();
        }

        if (session.Terminal.Settings.ErrorIsTerminal)
        {
            session.Terminal.Note($"{tokens} tokens in {Text.Seconds(clock.Elapsed)}, {Text.Fixed(tokens / clock.Elapsed.TotalSeconds, 0)} a second{(streams ? $"; ended by {texts[0].FinishName}" : "")}");
        }
    }

    private static string Unescape(string text)
    {
        var plain = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            bool escape = text[i] == '\\' && i + 1 < text.Length && text[i + 1] is 'n' or 't' or '\\';
            plain.Append(!escape ? text[i] : text[++i] switch { 'n' => '\n', 't' => '\t', var c => c });
        }

        return plain.ToString();
    }

    private static void WriteJson(Utf8JsonWriter json, Model model, Continuation[] texts)
    {
        json.WriteStartArray("texts");
        foreach (Continuation text in texts)
        {
            json.WriteStartObject();
            json.WriteString("prompt", text.Prompt);
            json.WriteNumber("seed", text.Seed);
            RunRecord.WriteIds(json, "prompt_ids", text.PromptIds);
            RunRecord.WriteIds(json, "ids", text.Ids);
            json.WriteStartArray("pieces");
            foreach (int id in text.Ids)
            {
                json.WriteStringValue(TokenText.Piece(model.HasTokenizer ? model.Tokenizer : null, id));
            }

            json.WriteEndArray();
            json.WriteString("text", text.Text);
            json.WriteString("finish", text.FinishName);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
