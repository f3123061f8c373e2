using Weir.Analysis.Depth;

namespace Weir.Cli.Depth;

/// <summary>How the samples of a cell become one number.</summary>
/// <param name="Name">max, mean, median or p95.</param>
internal sealed record DepthReduction(string Name)
{
    /// <summary>All of them; the first is the paper's.</summary>
    public static IReadOnlyList<DepthReduction> All { get; } = [new("max"), new("mean"), new("median"), new("p95")];

    /// <summary>A cell's number.</summary>
    public double Of(SampleTable table, int row, int column) => Name switch
    {
        "max" => table.Max(row, column),
        "mean" => table.Mean(row, column),
        "median" => table.Quantile(row, column, 0.5),
        _ => table.Quantile(row, column, 0.95),
    };

    /// <summary>Every cell's number.</summary>
    public double[,] Map(SampleTable table) => table.Map((r, c) => Of(table, r, c));

    /// <summary>The numbers of a table's only column.</summary>
    public double[] Column(SampleTable table) => [.. Enumerable.Range(0, table.Rows).Select(r => Of(table, r, 0))];
}
