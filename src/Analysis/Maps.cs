namespace Weir.Analysis;

/// <summary>Maps of numbers, [rows, columns].</summary>
public static class Maps
{
    /// <summary>Makes a map.</summary>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="number">The number in a row and column.</param>
    public static double[,] Of(int rows, int columns, Func<int, int, double> number)
    {
        double[,] map = new double[rows, columns];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                map[r, c] = number(r, c);
            }
        }

        return map;
    }
}
