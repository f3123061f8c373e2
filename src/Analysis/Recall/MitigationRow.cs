using Weir.Analysis.Statistics;

namespace Weir.Analysis.Recall;

/// <summary>
/// A mitigation with what it gains and costs. Where there are folds, a prompt's value is the mean over the folds that hold its
/// item out, so no prompt scores what it chose.
/// </summary>
/// <param name="Mitigation">Which; null for none.</param>
/// <param name="Lambda">How much of it.</param>
/// <param name="Probability">Of the answer.</param>
/// <param name="Gain">Its change, prompt by prompt, against no mitigation.</param>
/// <param name="Rank">Of the answer, 0 the first; the median over prompts.</param>
/// <param name="Accuracy">Share of prompts whose first token is the answer.</param>
/// <param name="Cost">KL(model || changed model) in nats, mean over positions of unrelated texts, resampled by text.</param>
public sealed record MitigationRow(
    Mitigation? Mitigation, double Lambda, Estimate Probability, Estimate Gain, double Rank, Estimate Accuracy, Estimate Cost);
