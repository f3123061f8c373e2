namespace Weir.Analysis.Recall;

/// <summary>
/// Least squares of vectors on vectors with one number a regressor and a vector for an intercept:
/// y_n ~ sum_r gamma_r x_n,r + b, all in R^d. With everything centred over n, G gamma = c where
/// G_rk = sum_n &lt;x_n,r, x_n,k&gt; and c_r = sum_n &lt;x_n,r, y_n&gt;. Sums are kept by group, so that fits on some groups
/// and their errors on others cost no more products of vectors.
/// </summary>
/// <param name="x">[n][regressors * d]: the regressors.</param>
/// <param name="y">[n][d]: what is explained.</param>
/// <param name="groups">Rows of each group.</param>
public sealed class VectorRegression(IReadOnlyList<float[]> x, IReadOnlyList<float[]> y, IReadOnlyList<int[]> groups)
{
    private readonly GroupSums _sums = new(x, y, groups);

    /// <summary>Fits on all groups.</summary>
    /// <param name="ridge">lambda: lambda trace(G) / regressors is added to G's diagonal.</param>
    public VectorFit Fit(double ridge) => Fit(Without([]), ridge);

    /// <summary>Fits without the groups of each fold.</summary>
    /// <param name="folds">Groups left out in each.</param>
    /// <param name="ridge">See <see cref="Fit(double)"/>.</param>
    public VectorFit[] FitWithout(IReadOnlyList<int[]> folds, double ridge) => [.. folds.Select(f => Fit(Without(f), ridge))];

    /// <summary>
    /// R2 on groups that a fit has not seen: what the fit, intercept included, leaves of the squares about the groups' own mean,
    /// pooled over folds.
    /// </summary>
    /// <param name="folds">Groups left out in each fold.</param>
    /// <param name="fits">The fits without them.</param>
    /// <returns>NaN where there is no fold, or a fold's fit has no answer.</returns>
    public double HeldOut(IReadOnlyList<int[]> folds, IReadOnlyList<VectorFit> fits)
    {
        double left = 0, total = 0;
        for (int f = 0; f < folds.Count; f++)
        {
            if (fits[f].Gamma is not { } gamma)
            {
                return double.NaN;
            }

            CentredSums held = _sums.About(folds[f]);
            if (held.Count == 0)
            {
                continue;
            }

            total += held.Total;
            left += held.Left(gamma);

            // The intercept was fitted to the other groups' means.
            double[] fitted = Without(folds[f]).Intercept(gamma), own = held.Intercept(gamma);
            left += held.Count * own.Zip(fitted, (o, b) => (o - b) * (o - b)).Sum();
        }

        return 1 - (left / total);
    }

    private CentredSums Without(int[] fold) => _sums.About([.. Enumerable.Range(0, _sums.Count).Except(fold)]);

    private VectorFit Fit(CentredSums sums, double ridge)
    {
        int regressors = _sums.Regressors;
        double ridged = ridge * Enumerable.Range(0, regressors).Sum(r => sums.Products[r, r]) / regressors;
        double[,] g = Matrix((r, k) => sums.Products[r, k] + (r == k ? ridged : 0));
        double[] values = new SymmetricEigen(g).Values;
        double condition = values.Max() / Math.Max(values.Min(), 0);

        // Rank and answer come of regressors scaled to one length: a short one is no dependent one. Products are of f32
        // vectors, and an eigenvalue below their rounding is none.
        double[] lengths = [.. Enumerable.Range(0, regressors).Select(r => Math.Sqrt(Math.Max(g[r, r], 0)))];
        var eigen = new SymmetricEigen(Matrix((r, k) => lengths[r] == 0 || lengths[k] == 0 ? 0 : g[r, k] / (lengths[r] * lengths[k])));
        int rank = eigen.Values.Count(v => v > regressors * 2.4e-7);
        if (rank < regressors)
        {
            return new VectorFit(null, null, double.NaN, condition, rank, regressors, sums.Count);
        }

        double[] scaled = eigen.Solve([.. lengths.Select((length, r) => sums.Products[r, regressors] / length)]);
        double[] gamma = [.. scaled.Zip(lengths, (v, length) => v / length)];
        return new VectorFit(gamma, Intercept(sums, gamma), 1 - (sums.Left(gamma) / sums.Total), condition, rank, regressors, sums.Count);

        double[,] Matrix(Func<int, int, double> value)
        {
            var matrix = new double[regressors, regressors];
            for (int r = 0; r < regressors; r++)
            {
                for (int k = 0; k < regressors; k++)
                {
                    matrix[r, k] = value(r, k);
                }
            }

            return matrix;
        }
    }

    // Means are distances from the shift, which the intercept has to bring back.
    private float[] Intercept(CentredSums sums, double[] gamma)
    {
        double[] values = sums.Intercept(gamma);
        float[] shift = _sums.Shift;
        return [.. values.Select((value, i) =>
            (float)(value + shift[(gamma.Length * values.Length) + i] - gamma.Select((v, r) => v * shift[(r * values.Length) + i]).Sum()))];
    }
}
