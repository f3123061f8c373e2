namespace Weir.Analysis.Recall;

/// <summary>An MLP explained by heads.</summary>
/// <param name="Layer">The MLP's block.</param>
/// <param name="Heads">The regressors; one more, the rest of the residual, follows them.</param>
/// <param name="Fit">The fit on all items.</param>
/// <param name="FoldFits">The fits without the items that each fold holds out.</param>
/// <param name="HeldOutR2">R2 on items not fitted; NaN where there are too few items or a fit has no answer.</param>
/// <param name="Ridge">lambda of the ridge.</param>
public sealed record MlpRegressionResult(
    int Layer, IReadOnlyList<(int Layer, int Head)> Heads, VectorFit Fit, IReadOnlyList<VectorFit> FoldFits, double HeldOutR2, double Ridge)
{
    /// <summary>Name of a regressor.</summary>
    public string Name(int regressor) => regressor == Heads.Count ? "rest" : $"L{Heads[regressor].Layer}H{Heads[regressor].Head}";
}
