using System.CommandLine;
using Weir.Analysis.Recall;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Recall;
using Weir.Cli.Rendering;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir recall: which heads and MLPs recall a fact, and how.</summary>
internal sealed class RecallCommand : Verb
{
    private readonly PromptSettings _prompt = new("PROMPT", many: false);
    private readonly TextSetting _answer = new("--answer", "TEXT", "with PROMPT: what should follow it, such as ' Paris'");
    private readonly TextSetting _topic = new("--topic", "TEXT", "with PROMPT: the part of it that is asked about, such as ' France'");
    private readonly RepeatedSetting _corrupt = new("--corrupt", "TEXT", "with PROMPT: a prompt that asks for something else; else the topic gives way to the others of the table that has it");
    private readonly RepeatedSetting _corruptIds = new("--corrupt-ids", "LIST", "the same for --ids, where --answer and --topic are such as id:312");
    private readonly ChoiceSetting _table = new("--table", "facts that are asked for, without PROMPT", [.. FactTable.All.Select(t => t.Name)]);
    private readonly ChoiceSetting _tokens = new("--tokens", "keep topics and answers that are one token, or let the first token stand for the rest", "single", "first");
    private readonly IntegerSetting _shots = new("--shots", "K", "other facts of the table in front of each prompt", 0, 0, 5);
    private readonly FlagSetting _counterFactual = new("--counterfactual", "a wrong answer in front of each prompt, in a sentence");
    private readonly IntegerSetting _prompts = new("--prompts", "N", "prompts at most, drawn from all", int.MaxValue, 1, int.MaxValue, "all");
    private readonly ChoiceSetting _corruption = new("--corruption", "what is changed in corrupted prompts: the topic, the relation's noun, the carrier left out, or one topic for all", "topic", "relation", "carrier", "one-topic");
    private readonly ChoiceSetting _metric = new("--metric", "what patching is measured by: the logit of answer, topic, or answer less topic; the first two less the mean logit", "answer", "topic", "difference");
    private readonly TextSetting _receiver = new("--receiver", "KIND:HEADS", "what paths end in, in the place of the residual behind the last block: q, k or v of heads LAYER.HEAD, such as q:9.6,9.8; four passes a sender");
    private readonly FlagSetting _freezeMlps = new("--freeze-mlps", "MLPs stay as they were: direct paths alone");
    private readonly RealSetting _threshold = new("--threshold", "SHARE", "show the largest scores that together make this share of all", 1, "a number above 0 and at most 1", t => t is > 0 and <= 1);
    private readonly FlagSetting _oracle = new("--oracle", "patch by the four passes of the definition, a sender at a time, in the place of the exact short-cut");
    private readonly IntegerSetting _heads = new("--heads", "K", "heads of the largest scores that are looked at closely", 5, 1);
    private readonly IntegerSetting _mlp = new("--mlp", "L", "the MLP whose regression is shown in full", -1, 0, int.MaxValue, "the largest score");
    private readonly IntegerSetting _span = new("--span", "N", "layers before an MLP's own whose heads explain it; the rest of the residual is one regressor", 3, 0);
    private readonly RealSetting _ridge = new("--ridge", "LAMBDA", "ridge of the regression, such as 1e-3", 0, "a number of at least 0", r => r >= 0);
    private readonly IntegerSetting _seed = new("--seed", "S", "draws corruptions, folds and texts", 0, 0);
    private readonly TextSetting _out = new("--out", "DIR", "write the report, every number as JSON and CSV");

    /// <summary>Makes the verb.</summary>
    public RecallCommand() : base("recall", "finds the heads and MLPs that recall facts: attribution, path patching, mover heads, MLPs explained by heads, and what the last block does to right answers")
    {
        Add(_prompt.Argument);
        AddGroup("One prompt", _prompt.File, _prompt.Ids, _answer, _topic, _corrupt, _corruptIds);
        AddGroup("A table of facts", _table, _tokens, _shots, _counterFactual, _prompts, _corruption);
        AddGroup("Path patching", _metric, _receiver, _freezeMlps, _threshold, _oracle, _heads);
        AddGroup("Regression of MLPs", _mlp, _span, _ridge);
        AddGroup("Output", _seed, _out);
    }

    /// <inheritdoc/>
    public override bool TakesMany => false;

    /// <inheritdoc/>
    public override string Notes =>
        """
        Without a PROMPT, 15 carriers with every fact of the table. pi of a token is its logit less the mean logit of the vocabulary. A head's score is how much pi changes, in percent of its mean, when the head writes at the last position what it writes on average in corrupted prompts, while queries, keys and values of all heads stay as they were and MLPs run free.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir recall --tokens first",
        "weir recall \"The capital of France is\" --answer \" Paris\" --topic \" France\"",
        "weir recall --table languages --tokens first --shots 1 --out languages",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        string? directory = _out.Get(a);
        OutputFile.CheckDirectory("--out", directory);

        var options = new RecallOptions
        {
            Metric = (RecallMetric)_metric.Get(a),
            FreezeMlps = _freezeMlps.Get(a),
            Receivers = ReceiverParser.Parse(_receiver.Get(a)),
            Oracle = _oracle.Get(a),
            Movers = _heads.Get(a),
            Mlp = _mlp.Get(a) is >= 0 and var l ? l : null,
            Regression = new MlpRegressionOptions { Span = _span.Get(a), Ridge = _ridge.Get(a), Seed = _seed.Get(a) },
            Seed = _seed.Get(a),
        };
        float threshold = _threshold.Get(a);
        Prompt? single = Single(session);
        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        RecallTask task = single is not null
            ? OfPrompt(model, single, a)
            : RecallTask.OfTable(model, FactTable.All[_table.Get(a)], PromptOptions(a), (FactCorruption)_corruption.Get(a));
        RecallResult result = session.Watch("patching", bar => RecallStudy.Run(model, task.Prompts, task.Corrupted, options with { Progress = bar }));

        if (Math.Abs(result.Patching.CleanMean) < PathPatchingResult.LeastForScores)
        {
            session.Terminal.Note($"the measured value is {Text.Fixed(result.Patching.CleanMean, 2)} on average: scores divide by it, so read the changes instead");
        }

        int lost = result.Patching.Clean.Count(v => !double.IsFinite(v));
        if (lost > 0)
        {
            session.Terminal.Note($"{lost} of {task.Prompts.Count} prompts have no finite value, and means leave them out: numbers of the model are not finite there");
        }

        Report report = new RecallReport(model, task, result, options, threshold).Make();
        report.Print(session.Terminal);
        if (directory is not null)
        {
            report.Save(session, model, directory, json => RecallJson.Write(json, model, task, result, options, threshold));
        }
    }

    // The prompt, or null where a table is asked for.
    private Prompt? Single(Session session)
    {
        ParseResult a = session.Arguments;
        bool ids = _prompt.Ids.Get(a).Length > 0;
        bool given = ids || a.GetValue(_prompt.Argument) is { Length: > 0 } || _prompt.File.Get(a) is not null;
        if (!given)
        {
            UnusedOptions.Refuse(a, "belongs to a PROMPT, which is missing", _answer, _topic, _corrupt, _corruptIds);
        }
        else
        {
            if (_answer.Get(a) is null || _topic.Get(a) is null)
            {
                throw new UsageException("A PROMPT needs --answer, what should follow it, and --topic, what it asks about.");
            }

            UnusedOptions.Refuse(a, "belongs to a table of facts, not to a PROMPT; leave it away", _table, _tokens, _shots, _counterFactual, _prompts, _corruption, _mlp, _span, _ridge);
            UnusedOptions.Refuse(a, ids ? "is a text, which does not go with --ids; give --corrupt-ids" : "goes with --ids; give --corrupt", ids ? _corrupt : _corruptIds);
            if (ids && _corruptIds.Get(a).Length == 0)
            {
                throw new UsageException("--ids needs --corrupt-ids, a prompt that asks for something else.");
            }
        }

        if (_receiver.Get(a) is not null)
        {
            UnusedOptions.Refuse(a, "says nothing beside --receiver, which takes four passes; leave it away", _oracle);
        }

        return given ? _prompt.Read(session)[0] : null;
    }

    private RecallTask OfPrompt(Model model, Prompt prompt, ParseResult a) => prompt.GivenIds is { } ids
        ? RecallTask.OfIds(model, ids, prompt.Text(model), _topic.Get(a)!, _answer.Get(a)!, [.. _corruptIds.Get(a).Select(list => PromptSettings.ParseIds(_corruptIds.Name, list))])
        : RecallTask.OfPrompt(model, prompt.Given!, _topic.Get(a)!, _answer.Get(a)!, _corrupt.Get(a));

    private FactPromptOptions PromptOptions(ParseResult a) => new()
    {
        SingleTokens = _tokens.Get(a) == 0,
        Shots = _shots.Get(a),
        CounterFactual = _counterFactual.Get(a),
        Most = _prompts.Get(a),
        Seed = _seed.Get(a),
    };
}
