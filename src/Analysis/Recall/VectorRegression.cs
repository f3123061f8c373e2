using System.Numerics.Tensors;

namespace Weir.Analysis.Recall;

/// <summary>
/// Least squares of vectors on vectors with one number a regressor and a vector for an intercept:
/// y_n ~ sum_r gamma_r x_n,r + b, all in R^d. With everything centred over n, G gamma = c where
/// G_rk = sum_n &lt;x_n,r, x_n,k&gt; and c_r = sum_n &lt;x_n,r, y_n&gt;. Sums are kept by group, so that fits on some groups
/// and their errors on others cost no more products of vectors.
/// </summary>
public sealed class VectorRegression
{
    private readonly int _regressors;
    private readonly int _width;
    private readonly float[] _shift;
    private readonly double[][,] _products;
    private readonly double[][,] _sums;
    private readonly int[] _counts;

    /// <summary>Sums up.</summary>
    /// <param name="x">[n][regressors * d]: the regressors.</param>
    /// <param name="y">[n][d]: what is explained.</param>
    /// <param name="groups">Rows of each group.</param>
    public VectorRegression(IReadOnlyList<float[]> x, IReadOnlyList<float[]> y, IReadOnlyList<int[]> groups)
    {
        _width = y[0].Length;
        _regressors = x[0].Length / _width;
        int all = _regressors + 1;

        // Sums of products are taken of what is left when the mean of all is gone, so that little cancels later.
        double[] mean = new double[all * _width];
        for (int n = 0; n < x.Count; n++)
        {
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] += (i < x[n].Length ? x[n][i] : y[n][i - x[n].Length]) / (double)x.Count;
            }
        }

        _shift = [.. mean.Select(m => (float)m)];
        _counts = [.. groups.Select(g => g.Length)];
        _products = [.. groups.Select(_ => new double[all, all])];
        _sums = [.. groups.Select(_ => new double[all, _width])];
        float[] row = new float[all * _width];
        for (int g = 0; g < groups.Count; g++)
        {
            foreach (int n in groups[g])
            {
                TensorPrimitives.Subtract(x[n], _shift.AsSpan(0, x[n].Length), row.AsSpan(0, x[n].Length));
                TensorPrimitives.Subtract(y[n], _shift.AsSpan(x[n].Length), row.AsSpan(x[n].Length));
                Accumulate(row, _products[g], _sums[g]);
            }
        }
    }

    /// <summary>Fits on some groups.</summary>
    /// <param name="groups">The groups.</param>
    /// <param name="ridge">lambda: lambda trace(G) / regressors is added to G's diagonal.</param>
    public VectorFit Fit(IReadOnlyList<int> groups, double ridge)
    {
        (double[,] products, double[,] means, int count) = Centred(groups);
        var g = new double[_regressors, _regressors];
        double[] c = new double[_regressors];
        double trace = 0;
        for (int r = 0; r < _regressors; r++)
        {
            trace += products[r, r];
            c[r] = products[r, _regressors];
        }

        for (int r = 0; r < _regressors; r++)
        {
            for (int k = 0; k < _regressors; k++)
            {
                g[r, k] = products[r, k] + (r == k ? ridge * trace / _regressors : 0);
            }
        }

        double[] values = new SymmetricEigen(g).Values;
        double condition = values.Max() / Math.Max(values.Min(), 0);

        // Rank and answer come of regressors scaled to one length: a short one is no dependent one. Products are of f32
        // vectors, and an eigenvalue below their rounding is none.
        double[] lengths = [.. Enumerable.Range(0, _regressors).Select(r => Math.Sqrt(Math.Max(g[r, r], 0)))];
        for (int r = 0; r < _regressors; r++)
        {
            for (int k = 0; k < _regressors; k++)
            {
                g[r, k] = lengths[r] == 0 || lengths[k] == 0 ? 0 : g[r, k] / (lengths[r] * lengths[k]);
            }
        }

        var eigen = new SymmetricEigen(g);
        int rank = eigen.Values.Count(v => v > _regressors * 2.4e-7);
        if (rank < _regressors)
        {
            return new VectorFit(null, null, double.NaN, condition, rank, _regressors, count);
        }

        double[] gamma = [.. eigen.Solve([.. c.Zip(lengths, (v, length) => v / length)]).Zip(lengths, (v, length) => v / length)];
        float[] intercept = new float[_width];
        for (int i = 0; i < _width; i++)
        {
            double value = _shift[(_regressors * _width) + i] + means[_regressors, i];
            for (int r = 0; r < _regressors; r++)
            {
                value -= gamma[r] * (_shift[(r * _width) + i] + means[r, i]);
            }

            intercept[i] = (float)value;
        }

        double total = products[_regressors, _regressors];
        double left = Left(products, gamma);
        return new VectorFit(gamma, intercept, 1 - (left / total), condition, rank, _regressors, count);
    }

    /// <summary>
    /// R2 on groups that a fit has not seen: what the fit, intercept included, leaves of the squares about the groups' own mean,
    /// pooled over folds.
    /// </summary>
    /// <param name="folds">Groups left out in each fold.</param>
    /// <param name="ridge">See <see cref="Fit"/>.</param>
    /// <returns>NaN where a fold's fit has no answer.</returns>
    public double HeldOut(IReadOnlyList<int[]> folds, double ridge)
    {
        double left = 0, total = 0;
        foreach (int[] fold in folds)
        {
            int[] train = [.. Enumerable.Range(0, _counts.Length).Except(fold)];
            VectorFit fit = Fit(train, ridge);
            if (fit.Gamma is null)
            {
                return double.NaN;
            }

            (double[,] products, double[,] means, int count) = Centred(fold);
            (_, double[,] trained, _) = Centred(train);
            total += products[_regressors, _regressors];
            left += Left(products, fit.Gamma);

            // The intercept was fitted to the other groups' means.
            for (int i = 0; i < _width; i++)
            {
                double miss = means[_regressors, i] - trained[_regressors, i];
                for (int r = 0; r < _regressors; r++)
                {
                    miss -= fit.Gamma[r] * (means[r, i] - trained[r, i]);
                }

                left += count * miss * miss;
            }
        }

        return 1 - (left / total);
    }

    private void Accumulate(float[] row, double[,] products, double[,] sums)
    {
        int all = _regressors + 1;
        for (int r = 0; r < all; r++)
        {
            ReadOnlySpan<float> a = row.AsSpan(r * _width, _width);
            for (int i = 0; i < _width; i++)
            {
                sums[r, i] += a[i];
            }

            for (int k = 0; k <= r; k++)
            {
                double product = TensorPrimitives.Dot(a, row.AsSpan(k * _width, _width));
                products[r, k] += product;
                products[k, r] = products[r, k];
            }
        }
    }

    // Products about the groups' mean, and the mean itself, as a distance from the shift.
    private (double[,] Products, double[,] Means, int Count) Centred(IReadOnlyList<int> groups)
    {
        int all = _regressors + 1;
        var products = new double[all, all];
        var means = new double[all, _width];
        int count = groups.Sum(g => _counts[g]);
        foreach (int g in groups)
        {
            for (int r = 0; r < all; r++)
            {
                for (int k = 0; k < all; k++)
                {
                    products[r, k] += _products[g][r, k];
                }

                for (int i = 0; i < _width; i++)
                {
                    means[r, i] += _sums[g][r, i] / count;
                }
            }
        }

        for (int r = 0; r < all; r++)
        {
            for (int k = 0; k <= r; k++)
            {
                double product = 0;
                for (int i = 0; i < _width; i++)
                {
                    product += means[r, i] * means[k, i];
                }

                products[r, k] -= count * product;
                products[k, r] = products[r, k];
            }
        }

        return (products, means, count);
    }

    // sum |y - sum gamma x|^2 of centred x and y.
    private double Left(double[,] products, double[] gamma)
    {
        double left = products[_regressors, _regressors];
        for (int r = 0; r < _regressors; r++)
        {
            left -= 2 * gamma[r] * products[r, _regressors];
            for (int k = 0; k < _regressors; k++)
            {
                left += gamma[r] * gamma[k] * products[r, k];
            }
        }

        return left;
    }
}
