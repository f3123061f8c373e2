using System.CommandLine;
using Weir.Analysis.Prompts;
using Weir.Cli.Options;
using Weir.Cli.Output;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Cli.Depth;

/// <summary>Which prompts are analysed: given ones or generated ones, all of them or some.</summary>
internal sealed class DepthPromptSettings
{
    private readonly PromptSettings _given = new("PROMPT", many: true);
    private readonly TextSetting _generator = new("--prompts", "NAME:N", $"generate N prompts: {string.Join(", ", PromptSets.Names)}; N of each level for expressions and hops; arithmetic/MODULE/SPLIT:N for one kind of question");
    private readonly TextSetting _instruction = new("--instruction", "TEXT", "first line of generated word problems", WordProblems.Instruction);
    private readonly IntegerSetting _seed = new("--seed", "N", "draws generated prompts, and which are taken", 42, 0);
    private readonly IntegerSetting _take = new("--take", "N", "use so many of the prompts", 0, 0, int.MaxValue, "all");
    private readonly ChoiceSetting _choose = new("--choose", "which are taken", "first", "random");
    private readonly TextSetting _answer = new("--answer", "TEXT", "what the prompt's answer is, with its space; erasure and the depth score look at its tokens");

    /// <summary>The argument.</summary>
    public Argument Argument => _given.Argument;

    /// <summary>The options.</summary>
    public Option[] All => [_given.File, _given.Ids, _generator, _instruction, _seed, _take, _choose, _answer];

    /// <summary>Draws what the options ask for, before a model is loaded.</summary>
    /// <returns>What makes token ids of them.</returns>
    public Func<Model, IReadOnlyList<DepthPrompt>> Read(Session session)
    {
        ParseResult a = session.Arguments;
        int seed = _seed.Get(a);
        string? answer = _answer.Get(a);
        UnusedOptions.Refuse(a, _generator.Get(a) is null && _choose.Get(a) == 0, "draws generated prompts, or which --choose random takes, and neither is given", _seed);
        UnusedOptions.Refuse(a, _take.Get(a) == 0, "says which prompts --take takes, which is not given", _choose);
        UnusedOptions.Refuse(a, _generator.Get(a)?.Split(':')[0] != "word-problems", "is of word problems, which --prompts does not generate", _instruction);
        if (_generator.Get(a) is not { } name)
        {
            IReadOnlyList<Prompt> given = Some(_given.Read(session), a, seed);
            return answer is null || given.Count == 1
                ? model => [.. given.Select(p => DepthPrompt.Of(model, p, answer))]
                : throw new UsageException("--answer is the answer of one PROMPT; give one.");
        }

        if (session.Arguments.GetValue(_given.Argument) is { Length: > 0 } || _given.File.Get(a) is not null || _given.Ids.Get(a).Length > 0 || answer is not null)
        {
            throw new UsageException("--prompts generates prompts with their answers; leave PROMPT, --file, --ids and --answer away.");
        }

        IReadOnlyList<PromptItem> items = Some(PromptSets.Generate(name, seed, _instruction.Get(a)), a, seed);
        return model => [.. items.Select(i => DepthPrompt.Of(model, i))];
    }

    /// <summary>True where every prompt has an answer: it is given, or generated.</summary>
    public bool HaveAnswers(ParseResult arguments) => _generator.Get(arguments) is not null || _answer.Get(arguments) is not null;

    /// <summary>One more prompt of the generator, to erase with; null where none is generated, or no other than there are.</summary>
    public PromptItem? Counterfactual(ParseResult arguments)
    {
        IReadOnlyList<PromptItem> Draw(string name, int seed) => PromptSets.Generate(name, seed, _instruction.Get(arguments));
        int seed = _seed.Get(arguments);
        return _generator.Get(arguments) is not { } name ? null
            : Draw(name, seed + 1).ExceptBy(Draw(name, seed).Select(i => i.Text), i => i.Text, StringComparer.Ordinal).FirstOrDefault();
    }

    private IReadOnlyList<T> Some<T>(IReadOnlyList<T> all, ParseResult a, int seed)
    {
        int count = _take.Get(a);
        if (count > all.Count)
        {
            throw new WeirException($"--take {count} is more than the {all.Count} prompts that there are.");
        }

        if (count == 0)
        {
            return all;
        }

        int[] order = [.. Enumerable.Range(0, all.Count)];
        if (_choose.Get(a) == 1)
        {
            new Random(seed).Shuffle(order);
        }

        return [.. order.Take(count).Order().Select(i => all[i])];
    }
}
