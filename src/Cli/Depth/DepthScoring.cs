using Weir.Analysis.Depth;
using Weir.Engine;

namespace Weir.Cli.Depth;

/// <summary>
/// Depth scores of prompts: layers are left out in front of a split and effects are measured from it on. Where prompts have
/// answers the splits lie in them: the answer's first token where it is short, else up to four multiples of 4 tokens within it.
/// </summary>
internal static class DepthScoring
{
    private const int ShortAnswer = 8;

    /// <summary>Measures and scores.</summary>
    /// <exception cref="UsageException">No prompt can be split.</exception>
    public static DepthScores Run(Model model, IReadOnlyList<DepthPrompt> prompts, SkipOptions options, int splitSeed)
    {
        bool answers = prompts.All(p => p.Answer is not null);
        IReadOnlyList<IReadOnlyList<int>>? splits = answers ? InAnswers(prompts, options.FirstPosition, splitSeed) : options.Splits;
        if (answers && splits!.All(s => s.Count == 0))
        {
            throw new UsageException($"ShortPrompt: no answer begins behind --from {options.FirstPosition}, and scores split prompts there; give a smaller --from or longer prompts.");
        }

        SkipReach reach = splits is null ? SkipReach.AllPositions : SkipReach.Future;
        SkipOptions own = options with { Parts = [SkippedPart.Layer], Splits = splits, AllPositions = splits is null, OnlyMaxima = true };
        SkipEffects effects = SkipEffects.Run(model, [.. prompts.Select(p => p.Ids)], own);
        SampleTable layers = effects.Of(SkippedPart.Layer, reach), outputs = effects.OutputsOf(SkippedPart.Layer, reach);
        return new DepthScores(
            answers ? "split within the answer" : splits is null ? "layers left out at all positions, since prompts are not split" : "split at random",
            splits,
            [.. Enumerable.Range(0, prompts.Count).GroupBy(p => prompts[p].Level).OrderBy(g => g.Key)
                .Select(g => (g.Key, DepthScore.Of(layers, g), DepthScore.Of(outputs, g)))]);
    }

    private static IReadOnlyList<IReadOnlyList<int>> InAnswers(IReadOnlyList<DepthPrompt> prompts, int firstPosition, int seed)
    {
        IReadOnlyList<IReadOnlyList<int>> drawn = SplitPoints.InAnswers([.. prompts.Select(p => (p.AnswerStart, p.Ids.Length))], seed: seed);
        return [.. prompts.Select((p, i) => p.AnswerStart <= firstPosition ? [] : p.Ids.Length - p.AnswerStart <= ShortAnswer ? [p.AnswerStart] : drawn[i])];
    }
}
