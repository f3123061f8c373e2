using Weir.Analysis.Statistics;

namespace Weir.Analysis.Depth;

/// <summary>
/// Ratios of two sums [row, column], such as an error over the number of tokens. Keeps the sums of each prompt, for intervals
/// over prompts, and not the samples, of which a long text has too many.
/// </summary>
public sealed class RatioTable
{
    private readonly double[] _sums;
    private readonly double[] _counts;

    /// <summary>Makes an empty table.</summary>
    /// <param name="prompts">Number of prompts.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public RatioTable(int prompts, int rows, int columns)
    {
        (Prompts, Rows, Columns) = (prompts, rows, columns);
        _sums = new double[checked(prompts * rows * columns)];
        _counts = new double[_sums.Length];
    }

    /// <summary>Number of prompts.</summary>
    public int Prompts { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Adds to both sums.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="row">The row.</param>
    /// <param name="column">The column.</param>
    /// <param name="value">What is added above the line; at least 0.</param>
    /// <param name="count">What is added below it.</param>
    public void Add(int prompt, int row, int column, double value, double count = 1)
    {
        int cell = (row * Columns) + column;
        _sums[(prompt * Rows * Columns) + cell] += value;
        _counts[(prompt * Rows * Columns) + cell] += count;
    }

    /// <summary>Sum over sum, of all prompts; NaN where nothing was added.</summary>
    public double Ratio(int row, int column) => Sum(_sums, row, column) / Sum(_counts, row, column);

    /// <summary>The ratio with its interval, which is over prompts.</summary>
    public Estimate RatioWithInterval(int row, int column) => Bootstrap.Ratio([.. Each(_sums, row, column)], [.. Each(_counts, row, column)]);

    /// <summary>Every ratio.</summary>
    public double[,] Map() => Maps.Of(Rows, Columns, Ratio);

    private double Sum(double[] values, int row, int column) => Each(values, row, column).Sum();

    private IEnumerable<double> Each(double[] values, int row, int column) =>
        Enumerable.Range(0, Prompts).Select(p => values[(((p * Rows) + row) * Columns) + column]);
}
