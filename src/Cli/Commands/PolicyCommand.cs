using System.CommandLine;
using System.Globalization;
using Weir.Analysis.Policies;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Cli.Policies;
using Weir.Cli.Reports;
using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Cli.Commands;

/// <summary>weir policy: the next-token policies inside a model.</summary>
internal sealed class PolicyCommand : Verb
{
    private readonly PromptSettings _prompt = new("PROMPT", many: true);
    private readonly TextSetting _responses = new("--responses", "FILE", "prompts with given answers, JSON lines with \"prompt\" and \"response\", instead of prompts that the model answers");
    private readonly IntegerSetting _samples = new("--samples", "N", "answers to each prompt", 8, 1);
    private readonly IntegerSetting _maxTokens = new("--max-tokens", "N", "most tokens of an answer", 256, 1);
    private readonly RealSetting _temperature = new("--temperature", "T", "of the answers; 0 takes the most probable token each time", 1, "a number of at least 0", t => t >= 0);
    private readonly RealSetting _topP = new("--top-p", "P", "draw from the most probable tokens that together reach P", 1, "a number above 0 and at most 1", p => p is > 0 and <= 1);
    private readonly IntegerSetting _seed = new("--seed", "S", "draws the answers and the intervals", 0, 0, int.MaxValue);
    private readonly ChoiceSetting _norm = new("--norm", "norm in front of the unembedding, for every state", "none", "recomputed", "cached-scale");
    private readonly RealSetting _policyTemperature = new("--policy-temperature", "T", "divides the logits of every policy", 1, "a number above 0", t => t > 0);
    private readonly ChoiceSetting _positions = new("--positions", "whose states: those of the answer's tokens, or those one earlier, from which the tokens were drawn", "response", "predicting");
    private readonly IntegerSetting _top = new("--top", "K", "first tokens that are compared with the model's own", 5, 1, 1024);
    private readonly TextSetting _out = new("--out", "DIR", "write the report");

    /// <summary>Makes the verb.</summary>
    public PolicyCommand() : base("policy", "reads every layer, attention and FFN as a next-token policy: where a model still explores and where it converges")
    {
        Add(_prompt.Argument);
        AddGroup("Answers", _prompt.File, _prompt.Ids, _responses, _samples, _maxTokens, _temperature, _topP, _seed);
        AddGroup("Reading", _norm, _policyTemperature, _positions, _top);
        AddGroup("Output", _out);
    }

    /// <inheritdoc/>
    public override string Notes =>
        """
        A state's policy is softmax(state x unembedding). The last layer's without a norm is not the model's own, which has the final norm. Means are over an answer's tokens and then over answers; intervals are over prompts, each with all its answers, and over the answers of a single prompt.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples =>
    [
        "weir policy \"12 + 7 =\" \"The capital of France is\"",
        "weir policy --responses answers.jsonl --out policy",
        "weir policy --file prompts.txt --norm recomputed --samples 4",
    ];

    /// <inheritdoc/>
    public override void Run(Session session)
    {
        ParseResult a = session.Arguments;
        string? directory = _out.Get(a);
        OutputFile.CheckDirectory("--out", directory);

        var answers = new ResponseOptions
        {
            Samples = _samples.Get(a),
            MaxTokens = _maxTokens.Get(a),
            Temperature = _temperature.Get(a),
            TopP = _topP.Get(a),
            Seed = _seed.Get(a),
        };
        var options = new PolicyOptions
        {
            Norm = _norm.Get(a) switch { 1 => LensNorm.Recomputed, 2 => LensNorm.CachedScale, _ => LensNorm.None },
            Temperature = _policyTemperature.Get(a),
            Rows = (PolicyRows)_positions.Get(a),
            TopK = _top.Get(a),
            Seed = _seed.Get(a),
        };
        IReadOnlyList<(string, string)>? given = Given(session);
        IReadOnlyList<Prompt> prompts = given is null ? _prompt.Read(session) : [];

        using IDevice device = session.OpenDevice();
        using Model model = session.LoadModel(device);
        if (options.TopK > model.Spec.VocabularySize)
        {
            throw new WeirException($"--top {options.TopK} is more than the {model.Spec.VocabularySize} tokens that the model has.");
        }

        IReadOnlyList<PolicySample> samples = given is not null ? AnswerFile.Encode(model, given)
            : session.Watch("answering", bar => ResponseSampler.Draw(model, [.. prompts.Select(p => p.Encode(model))], answers with { Progress = bar }));
        PolicyResult result = session.Watch("reading", bar => InternalPolicies.Run(model, samples, options with { Progress = bar }));
        string name = options.Norm switch { LensNorm.None => "none", LensNorm.Recomputed => "recomputed", _ => "with the last layer's scale" };
        string reading = string.Create(CultureInfo.InvariantCulture, $"norm {name}, temperature {options.Temperature}");
        Report report = PolicyReport.Make(model, result, reading);
        report.Print(session.Terminal);
        if (directory is not null)
        {
            report.Save(session, model, directory, json => PolicyJson.Write(json, model, result));
        }
    }

    private IReadOnlyList<(string Prompt, string Response)>? Given(Session session)
    {
        ParseResult a = session.Arguments;
        if (_responses.Get(a) is not { } file)
        {
            return null;
        }

        if (a.GetValue(_prompt.Argument) is { Length: > 0 } || _prompt.File.Get(a) is not null || _prompt.Ids.Get(a).Length > 0)
        {
            throw new UsageException("--responses has its own prompts; give no PROMPT, --file or --ids beside it.");
        }

        return AnswerFile.Read(file);
    }
}
