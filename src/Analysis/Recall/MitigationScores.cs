using Weir.Analysis.Statistics;
using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>Scores mitigations of the last block on prompts of items that neither chose its heads nor fitted its MLP.</summary>
internal sealed class MitigationScores
{
    private readonly Model _model;
    private readonly IReadOnlyList<FactPrompt> _prompts;
    private readonly EndStates _states;
    private readonly EndStates _unrelated;
    private readonly LastBlock _block;
    private readonly IReadOnlyList<FinalFold> _folds;
    private readonly ItemResampling _byItem;
    private readonly double[] _before;

    /// <summary>Reads the answers without a mitigation.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="states">Their states.</param>
    /// <param name="unrelated">States of every position of texts that the task has nothing to do with.</param>
    /// <param name="block">The last block.</param>
    /// <param name="folds">Who chooses, and who scores.</param>
    public MitigationScores(
        Model model, IReadOnlyList<FactPrompt> prompts, EndStates states, EndStates unrelated, LastBlock block, IReadOnlyList<FinalFold> folds)
    {
        _model = model;
        _prompts = prompts;
        _states = states;
        _unrelated = unrelated;
        _block = block;
        _folds = folds;
        _byItem = new ItemResampling([.. prompts.Select(p => p.Item)]);
        _before = Scored([Answers(null, 0, null)], a => a.Probabilities);
    }

    /// <summary>Scores one.</summary>
    /// <param name="kind">Which; null for none.</param>
    /// <param name="lambda">How much of it.</param>
    public MitigationRow Row(Mitigation? kind, float lambda)
    {
        // What no prompt chooses is the same in every fold.
        bool chosen = kind is Mitigation.Heads or Mitigation.Regression;
        FinalFold?[] folds = chosen ? [.. _folds] : [null];
        AnswerRanks[] answers = [.. folds.Select(f => Answers(kind, lambda, f))];
        double[][] costs = [.. folds.Select(f => Costs(kind, lambda, f))];
        double[] p = Scored(answers, a => a.Probabilities);
        return new MitigationRow(
            kind, lambda,
            _byItem.Mean(p),
            _byItem.Mean([.. p.Zip(_before, (after, before) => after - before)]),
            Bootstrap.Quantile([.. Scored(answers, a => a.Ranks).Where(double.IsFinite)], 0.5),
            _byItem.Mean(Scored(answers, a => a.First)),
            Bootstrap.Mean([.. costs[0].Select((_, t) => costs.Average(c => c[t]))]));
    }

    private AnswerRanks Answers(Mitigation? kind, float lambda, FinalFold? fold)
    {
        using var memory = new Arena(_model.Device);
        return AnswerRanks.Read(_model, Changed(_states, kind, lambda, fold, memory), [.. _prompts.Select(p => p.AnswerId)]);
    }

    // Of each unrelated text, the mean divergence of its positions.
    private double[] Costs(Mitigation? kind, float lambda, FinalFold? fold)
    {
        using var memory = new Arena(_model.Device);
        Tensor changed = Changed(_unrelated, kind, lambda, fold, memory);
        LensResult cost = LensReader.Read(_model, [_unrelated.Final, changed], new LensOptions { Entropy = false, TopK = 0, Divergence = true });
        return [.. Enumerable.Range(0, _unrelated.Count).GroupBy(r => _unrelated.RowPrompts[r]).Select(g => g.Average(r => (double)cost.Divergence[r]))];
    }

    private Tensor Changed(EndStates states, Mitigation? kind, float lambda, FinalFold? fold, Arena memory) =>
        kind is { } k ? _block.Run(states, k, lambda, fold?.Heads ?? [], fold?.Fit, memory) : states.Final;

    // Of each prompt, the mean over the folds that hold its item out; NaN where none does.
    private double[] Scored(AnswerRanks[] answers, Func<AnswerRanks, double[]> values) => [.. _prompts.Select((prompt, n) =>
    {
        int[] folds = [.. Enumerable.Range(0, _folds.Count).Where(f => _folds[f].HeldOut.Contains(prompt.Item))];
        return _folds.Count == 0 ? values(answers[0])[n]
            : folds.Length == 0 ? double.NaN
            : folds.Average(f => values(answers[answers.Length == 1 ? 0 : f])[n]);
    })];
}
