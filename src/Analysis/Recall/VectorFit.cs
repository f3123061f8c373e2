namespace Weir.Analysis.Recall;

/// <summary>A regression's answer.</summary>
/// <param name="Gamma">A number a regressor; null where regressors depend on one another, so that no answer is the only one.</param>
/// <param name="Intercept">[d]: b; null where there is no answer.</param>
/// <param name="R2">Share of the squares that is explained.</param>
/// <param name="Condition">Condition number of G, ridge included.</param>
/// <param name="Rank">Rank of G to the precision of its vectors.</param>
/// <param name="Regressors">How many regressors there are.</param>
/// <param name="Count">Rows fitted: those whose values are finite.</param>
public sealed record VectorFit(double[]? Gamma, float[]? Intercept, double R2, double Condition, int Rank, int Regressors, int Count);
