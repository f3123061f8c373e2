using System.Numerics.Tensors;

namespace Weir.Analysis.Depth;

/// <summary>Ridge regression from its normal equations, in f64.</summary>
internal static class RidgeSolver
{
    /// <summary>
    /// Solves (G + ridge diag(G)) W = C by Cholesky, with the last row of G, that of the bias, free of the penalty. Rows and
    /// columns are first scaled to a diagonal of 1, so that inputs of very different size do no harm.
    /// </summary>
    /// <param name="gram">G = X^T X [n, n]; overwritten.</param>
    /// <param name="cross">C = X^T Y [n, outputs]; W in the end.</param>
    /// <param name="n">Inputs.</param>
    /// <param name="outputs">Outputs.</param>
    /// <param name="ridge">At least 0.</param>
    /// <returns>False where G is singular and the penalty too small to help; W then means nothing.</returns>
    public static bool TrySolve(double[] gram, double[] cross, int n, int outputs, double ridge)
    {
        double[] scale = [.. Enumerable.Range(0, n).Select(i => gram[(i * n) + i] > 0 ? 1 / Math.Sqrt(gram[(i * n) + i]) : 0)];
        for (int i = 0; i < n; i++)
        {
            TensorPrimitives.Multiply(gram.AsSpan(i * n, n), scale, gram.AsSpan(i * n, n));
            TensorPrimitives.Multiply(gram.AsSpan(i * n, n), scale[i], gram.AsSpan(i * n, n));
            TensorPrimitives.Multiply(cross.AsSpan(i * outputs, outputs), scale[i], cross.AsSpan(i * outputs, outputs));

            // An input that is always 0 gets a weight of 0.
            gram[(i * n) + i] = 1 + (i < n - 1 ? ridge : 0);
        }

        if (!TryFactor(gram, n))
        {
            return false;
        }

        for (int i = 0; i < n; i++)
        {
            Span<double> row = cross.AsSpan(i * outputs, outputs);
            for (int j = 0; j < i; j++)
            {
                TensorPrimitives.MultiplyAdd(cross.AsSpan(j * outputs, outputs), -gram[(i * n) + j], row, row);
            }

            TensorPrimitives.Divide(row, gram[(i * n) + i], row);
        }

        for (int i = n - 1; i >= 0; i--)
        {
            Span<double> row = cross.AsSpan(i * outputs, outputs);
            for (int j = i + 1; j < n; j++)
            {
                TensorPrimitives.MultiplyAdd(cross.AsSpan(j * outputs, outputs), -gram[(j * n) + i], row, row);
            }

            TensorPrimitives.Divide(row, gram[(i * n) + i], row);
        }

        for (int i = 0; i < n; i++)
        {
            TensorPrimitives.Multiply(cross.AsSpan(i * outputs, outputs), scale[i], cross.AsSpan(i * outputs, outputs));
        }

        return true;
    }

    // L of L L^T, in the lower triangle.
    private static bool TryFactor(double[] g, int n)
    {
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double rest = g[(i * n) + j] - TensorPrimitives.Dot(g.AsSpan(i * n, j), g.AsSpan(j * n, j));
                if (j < i)
                {
                    g[(i * n) + j] = rest / g[(j * n) + j];
                }
                else if (rest > 1e-13)
                {
                    g[(i * n) + i] = Math.Sqrt(rest);
                }
                else
                {
                    return false;
                }
            }
        }

        return true;
    }
}
