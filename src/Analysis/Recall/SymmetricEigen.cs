namespace Weir.Analysis.Recall;

/// <summary>
/// Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations (cyclic, Golub and Van Loan, Matrix Computations
/// 8.5): exact to rounding for small eigenvalues too, which a condition number is about. For some hundreds of rows at most.
/// </summary>
internal sealed class SymmetricEigen
{
    private const int MostSweeps = 60;

    public SymmetricEigen(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        double[,] a = (double[,])matrix.Clone();
        Vectors = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            Vectors[i, i] = 1;
        }

        for (int sweep = 0; sweep < MostSweeps; sweep++)
        {
            double off = 0, diagonal = 0;
            for (int p = 0; p < n; p++)
            {
                diagonal += a[p, p] * a[p, p];
                for (int q = p + 1; q < n; q++)
                {
                    off += a[p, q] * a[p, q];
                }
            }

            if (off <= 1e-30 * diagonal)
            {
                break;
            }

            for (int p = 0; p < n; p++)
            {
                for (int q = p + 1; q < n; q++)
                {
                    Rotate(a, p, q);
                }
            }
        }

        Values = [.. Enumerable.Range(0, n).Select(i => a[i, i])];
    }

    /// <summary>The eigenvalues, in no order.</summary>
    public double[] Values { get; }

    /// <summary>The eigenvectors, in columns.</summary>
    public double[,] Vectors { get; }

    /// <summary>Solves A x = b.</summary>
    public double[] Solve(double[] b)
    {
        int n = b.Length;
        double[] x = new double[n];
        for (int k = 0; k < n; k++)
        {
            double along = 0;
            for (int i = 0; i < n; i++)
            {
                along += Vectors[i, k] * b[i];
            }

            along /= Values[k];
            for (int i = 0; i < n; i++)
            {
                x[i] += along * Vectors[i, k];
            }
        }

        return x;
    }

    private void Rotate(double[,] a, int p, int q)
    {
        if (a[p, q] == 0)
        {
            return;
        }

        int n = a.GetLength(0);
        double theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
        double t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(1 + (theta * theta)));
        double c = 1 / Math.Sqrt(1 + (t * t)), s = t * c;
        for (int k = 0; k < n; k++)
        {
            (a[k, p], a[k, q]) = ((c * a[k, p]) - (s * a[k, q]), (s * a[k, p]) + (c * a[k, q]));
        }

        for (int k = 0; k < n; k++)
        {
            (a[p, k], a[q, k]) = ((c * a[p, k]) - (s * a[q, k]), (s * a[p, k]) + (c * a[q, k]));
            (Vectors[k, p], Vectors[k, q]) = ((c * Vectors[k, p]) - (s * Vectors[k, q]), (s * Vectors[k, p]) + (c * Vectors[k, q]));
        }
    }
}
