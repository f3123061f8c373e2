namespace Weir.Analysis.Recall;

/// <summary>A split of a task's items: what some of them chose, for the others to score.</summary>
/// <param name="HeldOut">The items that score, <see cref="FactPrompt.Item"/>.</param>
/// <param name="Heads">Heads of the last block that lower the answer on average over the other items.</param>
/// <param name="Fit">Regression of the last MLP on the other items; null where there is none or it has no answer.</param>
public sealed record FinalFold(IReadOnlyList<int> HeldOut, IReadOnlyList<int> Heads, MlpRegressionResult? Fit);
