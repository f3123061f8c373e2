using System.CommandLine;
using Weir.Analysis.Depth;
using Weir.Cli.Options;

namespace Weir.Cli.Depth;

/// <summary>What is measured and how; an option that what is measured does not look at is refused.</summary>
internal sealed class DepthSettings
{
    private static readonly string[] Analyses = ["profile", "effects", "local", "erasure", "score"];

    private readonly ListSetting _measure = new("--measure", "analyses", Analyses);
    private readonly ListSetting _parts = new("--leave-out", "what effects leave out of a layer", "layer", "attention", "mlp");
    private readonly ChoiceSetting _reach = new("--reach", "layers left out at all positions, or in front of a split and measured behind it", "both", "all", "future");
    private readonly IntegerSetting _splits = new("--splits", "N", "most splits of a prompt", 4, 1);
    private readonly IntegerSetting _step = new("--split-step", "N", "splits are multiples of this", 8, 1);
    private readonly IntegerSetting _splitSeed = new("--split-seed", "N", "draws the splits", 123, 0);
    private readonly IntegerSetting _from = new("--from", "N", "positions in front of this one are never left out; erasure goes over every token", 1, 0);
    private readonly FlagSetting _excludeFirst = new("--exclude-first", "leave position 0 out of averages, and out of the mean that erases");
    private readonly ChoiceSetting _reduce = new("--reduce", "what tables show of an effect's samples; files have all of them", "max", "mean", "median", "p95");
    private readonly IntegerSetting _erase = new("--erase", "N", "prompts whose erasure map is made, the first ones", 1, 1);
    private readonly ChoiceSetting _eraseWith = new("--erase-with", "what an erased residual becomes: the mean over all prompts, or that of one counterfactual prompt", "mean", "counterfactual");
    private readonly TextSetting _counterfactual = new("--counterfactual", "TEXT", "the prompt of --erase-with counterfactual; where this is not given, one more is drawn by the generator of --prompts");
    private readonly FlagSetting _plan = new("--plan", "print what the effects would run, and run nothing");

    /// <summary>The options of analyses.</summary>
    public Option[] Analysis => [_measure, _parts, _reach, _splits, _step, _splitSeed, _from, _excludeFirst, _reduce];

    /// <summary>The options of erasure.</summary>
    public Option[] Erasure => [_erase, _eraseWith, _counterfactual];

    /// <summary>The option to run nothing.</summary>
    public Option Plan => _plan;

    /// <summary>What is measured, in the option's words.</summary>
    public string[] Wanted(ParseResult a) => [.. _measure.Get(a).Select(i => Analyses[i])];

    /// <summary>What tables show of samples.</summary>
    public DepthReduction Reduction(ParseResult a) => DepthReduction.All[_reduce.Get(a)];

    /// <summary>First position that averages count.</summary>
    public int FirstAveraged(ParseResult a) => _excludeFirst.Get(a) ? 1 : 0;

    /// <summary>Draws the splits.</summary>
    public int SplitSeed(ParseResult a) => _splitSeed.Get(a);

    /// <summary>Number of prompts to erase.</summary>
    public int Erased(ParseResult a) => _erase.Get(a);

    /// <summary>True for a counterfactual prompt's residuals in the place of the mean.</summary>
    public bool ErasesWithCounterfactual(ParseResult a) => _eraseWith.Get(a) == 1;

    /// <summary>Its text, or null.</summary>
    public string? Counterfactual(ParseResult a) => _counterfactual.Get(a);

    /// <summary>True to run nothing.</summary>
    public bool OnlyPlans(ParseResult a) => _plan.Get(a);

    /// <summary>What effects measure of prompts.</summary>
    /// <param name="session">Told where no prompt can be split.</param>
    /// <param name="lengths">Tokens of each prompt.</param>
    /// <param name="answers">True where every prompt has an answer.</param>
    /// <param name="mostBytes">Bytes of activations.</param>
    public SkipOptions Effects(Session session, int[] lengths, bool answers, long mostBytes)
    {
        ParseResult a = session.Arguments;
        int reach = _reach.Get(a), from = _from.Get(a);
        IReadOnlyList<IReadOnlyList<int>>? splits = null;
        if (Splits(a, answers) && reach != 1)
        {
            int step = _step.Get(a);
            splits = SplitPoints.Draw(lengths, _splits.Get(a), step, _splitSeed.Get(a), from);
            if (splits.All(s => s.Count == 0))
            {
                string why = lengths.Max() > step + 4
                    ? $"no prompt has a split behind --from {from}, so none is split for effects on future tokens; a smaller --from may do"
                    : $"no prompt is longer than {step + 4} tokens, so none is split for effects on future tokens; a smaller --split-step may do";
                if (reach == 2)
                {
                    throw new UsageException($"ShortPrompt: {why}.");
                }

                session.Terminal.Note(why);
                splits = null;
            }
        }

        return new SkipOptions { Parts = [.. _parts.Get(a).Select(i => (SkippedPart)i)], AllPositions = reach != 2, Splits = splits, FirstPosition = from, MostBytes = mostBytes };
    }

    /// <summary>Refuses wrong values, and options that nothing would look at.</summary>
    /// <param name="a">The command line.</param>
    /// <param name="mapped">True where another model is mapped to and nothing of this is measured.</param>
    /// <param name="answers">True where every prompt has an answer, within which depth scores then split it.</param>
    public void Check(ParseResult a, bool mapped, bool answers)
    {
        if (mapped)
        {
            UnusedOptions.Refuse(a, true, "belongs to the analyses, in whose place --map-to is", [.. Analysis, .. Erasure, _plan]);
            return;
        }

        string[] wanted = Wanted(a);
        _ = (_parts.Get(a), _reach.Get(a), _splits.Get(a), _step.Get(a), _splitSeed.Get(a), _from.Get(a), _reduce.Get(a), _erase.Get(a), _eraseWith.Get(a));
        bool effects = wanted.Contains("effects"), skips = effects || wanted.Contains("local"), score = wanted.Contains("score"), erasure = wanted.Contains("erasure");
        bool free = Splits(a, answers), split = free && _reach.Get(a) != 1;
        UnusedOptions.Refuse(a, !effects, "belongs to effects, which --measure does not name", _parts, _plan);
        UnusedOptions.Refuse(a, !skips, "belongs to effects and local effects, which --measure does not name", _reduce);
        UnusedOptions.Refuse(a, !skips && !score, "belongs to effects, local effects and scores, which --measure does not name", _from, _reach, _splits, _step, _splitSeed);
        UnusedOptions.Refuse(a, !free, "says how prompts are split, and scores split them within their answers", _reach, _splits, _step);
        UnusedOptions.Refuse(a, !split, "says how prompts are split, and --reach all does not split them", _splits, _step);
        UnusedOptions.Refuse(a, !split && !(score && answers), "says how prompts are split, and --reach all does not split them", _splitSeed);
        UnusedOptions.Refuse(a, !wanted.Contains("profile") && !erasure, "belongs to profile and erasure, which --measure does not name", _excludeFirst);
        UnusedOptions.Refuse(a, !wanted.Contains("profile") && ErasesWithCounterfactual(a), "leaves position 0 out of means, and that of a counterfactual prompt never has it", _excludeFirst);
        UnusedOptions.Refuse(a, !erasure, "belongs to erasure, which --measure does not name", Erasure);
        UnusedOptions.Refuse(a, !ErasesWithCounterfactual(a), "is the prompt of --erase-with counterfactual, which is not given", _counterfactual);
    }

    // Scores split prompts with answers within these, and ask nothing of the options that split others.
    private bool Splits(ParseResult a, bool answers) => Wanted(a).Any(w => w is "effects" or "local" || (w == "score" && !answers));
}
