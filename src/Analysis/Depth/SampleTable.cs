namespace Weir.Analysis.Depth;

/// <summary>
/// Samples [row, column], each of a prompt, one a position. Keeps all of them, since maximum, mean and quantiles are wanted
/// beside each other, and each prompt's own for intervals over prompts.
/// </summary>
public sealed class SampleTable
{
    private readonly List<float>?[] _samples;

    /// <summary>Makes an empty table.</summary>
    /// <param name="prompts">Number of prompts.</param>
    /// <param name="rows">Rows, such as skipped layers.</param>
    /// <param name="columns">Columns, such as later layers.</param>
    public SampleTable(int prompts, int rows, int columns)
    {
        Prompts = prompts;
        Rows = rows;
        Columns = columns;
        _samples = new List<float>?[checked(prompts * rows * columns)];
    }

    /// <summary>Number of prompts.</summary>
    public int Prompts { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Adds a sample.</summary>
    public void Add(int prompt, int row, int column, double value) => (_samples[Cell(prompt, row, column)] ??= []).Add((float)value);

    /// <summary>Number of samples of a cell.</summary>
    public int Count(int row, int column) => Of(row, column).Sum(s => s.Count);

    /// <summary>The largest sample; 0 where there is none.</summary>
    public double Max(int row, int column) => Of(row, column).SelectMany(s => s).DefaultIfEmpty(0).Max();

    /// <summary>Mean of all samples; 0 where there is none.</summary>
    public double Mean(int row, int column) => Of(row, column).SelectMany(s => s).Select(v => (double)v).DefaultIfEmpty(0).Average();

    /// <summary>A quantile of all samples, between neighbours by linear interpolation; 0 where there is none.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The column.</param>
    /// <param name="share">0 to 1; 0.5 is the median.</param>
    public double Quantile(int row, int column, double share)
    {
        float[] all = [.. Of(row, column).SelectMany(s => s).Order()];
        if (all.Length == 0)
        {
            return 0;
        }

        double at = share * (all.Length - 1);
        int below = (int)at;
        return all[below] + ((at - below) * (all[Math.Min(below + 1, all.Length - 1)] - all[below]));
    }

    /// <summary>One prompt's largest sample; 0 where it has none.</summary>
    public double MaxOf(int prompt, int row, int column) => _samples[Cell(prompt, row, column)]?.Max() ?? 0;

    /// <summary>One prompt's mean; 0 where it has no sample.</summary>
    public double MeanOf(int prompt, int row, int column) => _samples[Cell(prompt, row, column)]?.Average(v => (double)v) ?? 0;

    /// <summary>Mean of each prompt that has samples there: what intervals over prompts are made of.</summary>
    public double[] PromptMeans(int row, int column) => [.. Of(row, column).Select(s => s.Average(v => (double)v))];

    /// <summary>True where a prompt has any sample.</summary>
    public bool Has(int prompt) => _samples.AsSpan(prompt * Rows * Columns, Rows * Columns).ContainsAnyExcept((List<float>?)null);

    /// <summary>One number of each cell.</summary>
    public double[,] Map(Func<int, int, double> number)
    {
        double[,] values = new double[Rows, Columns];
        for (int r = 0; r < Rows; r++)
        {
            for (int c = 0; c < Columns; c++)
            {
                values[r, c] = number(r, c);
            }
        }

        return values;
    }

    private IEnumerable<List<float>> Of(int row, int column) =>
        Enumerable.Range(0, Prompts).Select(p => _samples[Cell(p, row, column)]).OfType<List<float>>();

    private int Cell(int prompt, int row, int column)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Columns, nameof(column));
        return (((prompt * Rows) + row) * Columns) + column;
    }
}
