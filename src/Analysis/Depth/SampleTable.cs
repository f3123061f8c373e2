using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Weir.Analysis.Statistics;

namespace Weir.Analysis.Depth;

/// <summary>
/// Samples [row, column], each of a prompt, one a position. Keeps all of them, since maximum, mean and quantiles are wanted
/// beside each other, and each prompt's own for intervals over prompts; or, where asked to, the largest of each prompt alone.
/// A sample that is not a number makes every number of its cell one that is not.
/// </summary>
public sealed class SampleTable
{
    private readonly List<float>?[] _samples = [];

    // Of a table of maxima, the largest of each cell; below every sample where there is none.
    private readonly float[]? _largest;

    /// <summary>Makes an empty table.</summary>
    /// <param name="prompts">Number of prompts.</param>
    /// <param name="rows">Rows, such as skipped layers.</param>
    /// <param name="columns">Columns, such as later layers.</param>
    /// <param name="onlyMaxima">
    /// True to keep each prompt's largest sample and no other: 4 bytes a cell however many there are. What needs the others is
    /// then an <see cref="InvalidOperationException"/>.
    /// </param>
    public SampleTable(int prompts, int rows, int columns, bool onlyMaxima = false)
    {
        Prompts = prompts;
        Rows = rows;
        Columns = columns;
        int cells = checked(prompts * rows * columns);
        if (onlyMaxima)
        {
            _largest = new float[cells];
            Array.Fill(_largest, float.NegativeInfinity);
        }
        else
        {
            _samples = new List<float>?[cells];
        }
    }

    /// <summary>Number of prompts.</summary>
    public int Prompts { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Adds a sample.</summary>
    public void Add(int prompt, int row, int column, double value)
    {
        int cell = Cell(prompt, row, column);
        if (_largest is not null)
        {
            _largest[cell] = MathF.Max(_largest[cell], (float)value);
        }
        else
        {
            (_samples[cell] ??= []).Add((float)value);
        }
    }

    /// <summary>Number of samples of a cell.</summary>
    public int Count(int row, int column) => Of(row, column).Sum(s => s.Count);

    /// <summary>The largest sample; 0 where there is none.</summary>
    public double Max(int row, int column)
    {
        float[] largest = [.. Enumerable.Range(0, Prompts).Select(p => Largest(Cell(p, row, column))).OfType<float>()];
        return largest.Length == 0 ? 0 : TensorPrimitives.Max(largest);
    }

    /// <summary>Mean of all samples; 0 where there is none.</summary>
    public double Mean(int row, int column) => Of(row, column).SelectMany(s => s).Select(v => (double)v).DefaultIfEmpty(0).Average();

    /// <summary>The same with its interval, which is over the prompts that have samples there.</summary>
    public Estimate MeanWithInterval(int row, int column)
    {
        List<float>[] prompts = [.. Of(row, column)];
        return Bootstrap.Ratio([.. prompts.Select(s => s.Sum(v => (double)v))], [.. prompts.Select(s => (double)s.Count)]);
    }

    /// <summary>A quantile of all samples, between neighbours by linear interpolation; 0 where there is none.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The column.</param>
    /// <param name="share">0 to 1; 0.5 is the median.</param>
    public double Quantile(int row, int column, double share)
    {
        double[] all = [.. Of(row, column).SelectMany(s => s).Select(v => (double)v)];
        return all.Length == 0 ? 0 : Array.Exists(all, double.IsNaN) ? double.NaN : Bootstrap.Quantile(all, share);
    }

    /// <summary>One prompt's largest sample; 0 where it has none.</summary>
    public double MaxOf(int prompt, int row, int column) => Largest(Cell(prompt, row, column)) ?? 0;

    /// <summary>Mean of each prompt that has samples there.</summary>
    public double[] PromptMeans(int row, int column) => [.. Of(row, column).Select(s => s.Average(v => (double)v))];

    /// <summary>True where a prompt has any sample.</summary>
    public bool Has(int prompt) => _largest is null
        ? _samples.AsSpan(prompt * Rows * Columns, Rows * Columns).ContainsAnyExcept((List<float>?)null)
        : _largest.AsSpan(prompt * Rows * Columns, Rows * Columns).ContainsAnyExcept(float.NegativeInfinity);

    /// <summary>One number of each cell.</summary>
    public double[,] Map(Func<int, int, double> number) => Maps.Of(Rows, Columns, number);

    private float? Largest(int cell)
    {
        if (_largest is null)
        {
            return _samples[cell] is { } samples ? TensorPrimitives.Max(CollectionsMarshal.AsSpan(samples)) : null;
        }

        return float.IsNegativeInfinity(_largest[cell]) ? null : _largest[cell];
    }

    private IEnumerable<List<float>> Of(int row, int column) => _largest is null
        ? Enumerable.Range(0, Prompts).Select(p => _samples[Cell(p, row, column)]).OfType<List<float>>()
        : throw new InvalidOperationException("The table has kept nothing but maxima.");

    private int Cell(int prompt, int row, int column)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Columns, nameof(column));
        return (((prompt * Rows) + row) * Columns) + column;
    }
}
