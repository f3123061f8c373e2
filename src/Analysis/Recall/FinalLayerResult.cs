using Weir.Analysis.Statistics;

namespace Weir.Analysis.Recall;

/// <summary>What the last block does to right answers, and what undoing it does.</summary>
/// <param name="AnswerHeads">[heads]: what each head of the last block adds to pi of the answer, mean over prompts.</param>
/// <param name="AnswerMlp">What its MLP adds to it.</param>
/// <param name="Answer">What the block as a whole adds to it.</param>
/// <param name="TopHeads">The same of the token that the model puts first.</param>
/// <param name="TopMlp">The same of it.</param>
/// <param name="Top">The same of it.</param>
/// <param name="Folds">What mitigations that are chosen or fitted were chosen by; empty where there are too few items for folds.</param>
/// <param name="Rows">Mitigations and their costs, no mitigation first; without folds those alone that need no choice.</param>
public sealed record FinalLayerResult(
    IReadOnlyList<Estimate> AnswerHeads, Estimate AnswerMlp, Estimate Answer,
    IReadOnlyList<Estimate> TopHeads, Estimate TopMlp, Estimate Top,
    IReadOnlyList<FinalFold> Folds, IReadOnlyList<MitigationRow> Rows)
{
    /// <summary>True where the block lowers the answer: its interval ends below 0.</summary>
    public bool IsSuppressing => Answer.High < 0;
}
