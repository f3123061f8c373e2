using System.Numerics.Tensors;

namespace Weir.Analysis.Recall;

/// <summary>
/// Sums of vectors and of their products, by group of rows: products about the mean of any groups come of them without the
/// vectors. The last vector of a row is what is explained; those before it are the regressors.
/// </summary>
internal sealed class GroupSums
{
    private readonly int _width;
    private readonly double[][,] _products;
    private readonly double[][,] _sums;
    private readonly int[] _counts;

    /// <summary>Sums up.</summary>
    /// <param name="x">[n][regressors * d]: the regressors.</param>
    /// <param name="y">[n][d]: what is explained.</param>
    /// <param name="groups">Rows of each group.</param>
    public GroupSums(IReadOnlyList<float[]> x, IReadOnlyList<float[]> y, IReadOnlyList<int[]> groups)
    {
        _width = y[0].Length;
        Regressors = x[0].Length / _width;
        int all = Regressors + 1;

        // Sums of products are taken of what is left when the mean of all is gone, so that little cancels later.
        double[] mean = new double[all * _width];
        int[] used = [.. groups.SelectMany(g => g)];
        foreach (int n in used)
        {
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] += (i < x[n].Length ? x[n][i] : y[n][i - x[n].Length]) / (double)used.Length;
            }
        }

        Shift = [.. mean.Select(m => (float)m)];
        _counts = [.. groups.Select(g => g.Length)];
        _products = [.. groups.Select(_ => new double[all, all])];
        _sums = [.. groups.Select(_ => new double[all, _width])];
        float[] row = new float[all * _width];
        for (int g = 0; g < groups.Count; g++)
        {
            foreach (int n in groups[g])
            {
                TensorPrimitives.Subtract(x[n], Shift.AsSpan(0, x[n].Length), row.AsSpan(0, x[n].Length));
                TensorPrimitives.Subtract(y[n], Shift.AsSpan(x[n].Length), row.AsSpan(x[n].Length));
                Accumulate(row, _products[g], _sums[g]);
            }
        }
    }

    /// <summary>Regressors of a row.</summary>
    public int Regressors { get; }

    /// <summary>Groups.</summary>
    public int Count => _counts.Length;

    /// <summary>[(regressors + 1) * d]: the mean of all rows, which means are distances from.</summary>
    public float[] Shift { get; }

    /// <summary>Of some groups: products about their mean, and the mean itself as a distance from <see cref="Shift"/>.</summary>
    public CentredSums About(IReadOnlyList<int> groups)
    {
        int all = Regressors + 1;
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

        return new CentredSums(products, means, count);
    }

    private void Accumulate(float[] row, double[,] products, double[,] sums)
    {
        for (int r = 0; r <= Regressors; r++)
        {
            ReadOnlySpan<float> a = row.AsSpan(r * _width, _width);
            for (int i = 0; i < _width; i++)
            {
                sums[r, i] += a[i];
            }

            for (int k = 0; k <= r; k++)
            {
                products[r, k] += TensorPrimitives.Dot(a, row.AsSpan(k * _width, _width));
                products[k, r] = products[r, k];
            }
        }
    }
}
