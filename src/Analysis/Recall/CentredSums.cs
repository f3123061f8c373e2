namespace Weir.Analysis.Recall;

/// <summary>Products of regressors and of what they explain, which comes last, about the mean of some rows.</summary>
/// <param name="Products">[regressors + 1, regressors + 1]: the products.</param>
/// <param name="Means">[regressors + 1, d]: the rows' mean.</param>
/// <param name="Count">Rows.</param>
internal sealed record CentredSums(double[,] Products, double[,] Means, int Count)
{
    private int Regressors => Products.GetLength(0) - 1;

    /// <summary>sum |y|^2.</summary>
    public double Total => Products[Regressors, Regressors];

    /// <summary>sum |y - sum gamma x|^2.</summary>
    public double Left(double[] gamma)
    {
        double left = Total;
        for (int r = 0; r < gamma.Length; r++)
        {
            left -= 2 * gamma[r] * Products[r, Regressors];
            for (int k = 0; k < gamma.Length; k++)
            {
                left += gamma[r] * gamma[k] * Products[r, k];
            }
        }

        return left;
    }

    /// <summary>[d]: what means of y lie from sum gamma x of the means of x.</summary>
    public double[] Intercept(double[] gamma)
    {
        double[] values = new double[Means.GetLength(1)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Means[Regressors, i];
            for (int r = 0; r < gamma.Length; r++)
            {
                values[i] -= gamma[r] * Means[r, i];
            }
        }

        return values;
    }
}
