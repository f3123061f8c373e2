using System.Text.Json;

namespace Weir.Cli.Reports;

/// <summary>A map of numbers, rows x columns, such as skipped layer x later layer.</summary>
/// <param name="Name">See <see cref="ReportPart"/>.</param>
/// <param name="Title">See <see cref="ReportPart"/>.</param>
/// <param name="Rows">Names of the rows, the first at the top.</param>
/// <param name="Columns">Names of the columns.</param>
/// <param name="Values">[rows, columns]; NaN for what there is not.</param>
internal sealed record HeatMapPart(string Name, string Title, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns, double[,] Values) : ReportPart(Name, Title)
{
    /// <summary>What the rows are.</summary>
    public required string RowAxis { get; init; }

    /// <summary>What the columns are.</summary>
    public required string ColumnAxis { get; init; }

    /// <summary>What the numbers are, with their unit.</summary>
    public required string ValueAxis { get; init; }

    /// <summary>True for signed numbers, whose colours part at 0.</summary>
    public bool Diverging { get; init; }

    /// <summary>The number of the last colour; null for the largest there is.</summary>
    public double? High { get; init; }

    /// <summary>[rows, columns]: the interval of each number, NaN where there is none; null where none has one.</summary>
    public (double[,] Low, double[,] High)? Interval { get; init; }

    /// <inheritdoc/>
    public override string Kind => "heat";

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("row_axis", RowAxis);
        json.WriteString("column_axis", ColumnAxis);
        json.WriteString("value_axis", ValueAxis);
        json.WriteBoolean("diverging", Diverging);
        json.WritePropertyName("high");
        JsonNumbers.Write(json, High ?? double.NaN);
        JsonNumbers.Write(json, "rows", Rows);
        JsonNumbers.Write(json, "columns", Columns);
        WriteMap(json, "values", Values);
        if (Interval is { } interval)
        {
            WriteMap(json, "low_end", interval.Low);
            WriteMap(json, "high_end", interval.High);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<object?>> Lines() => Rows
        .Select((row, r) => (IReadOnlyList<object?>)[row, .. Columns.SelectMany((_, c) => Interval is { } i ? (object?[])[Values[r, c], i.Low[r, c], i.High[r, c]] : [Values[r, c]])])
        .Prepend([RowAxis, .. Columns.Select(c => $"{ColumnAxis} {c}").SelectMany(c => Interval is null ? (object?[])[c] : [c, $"{c} low", $"{c} high"])]);

    private void WriteMap(Utf8JsonWriter json, string name, double[,] values)
    {
        if (values.GetLength(0) != Rows.Count || values.GetLength(1) != Columns.Count)
        {
            throw new ArgumentException($"{Name} has {Rows.Count} rows and {Columns.Count} columns, its {name} {values.GetLength(0)} and {values.GetLength(1)}.", nameof(values));
        }

        JsonNumbers.Write(json, name, values);
    }
}
