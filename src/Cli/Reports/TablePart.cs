using System.Globalization;
using System.Text.Json;
using Weir.Cli.Rendering;

namespace Weir.Cli.Reports;

/// <summary>A table, which the terminal shows too. On the page a click on a header sorts it.</summary>
internal sealed record TablePart(string Name, string Title) : ReportPart(Name, Title)
{
    private readonly List<(string Header, string? Format, Action<TextTable>? OnScreen)> _columns = [];
    private readonly List<object?[]> _rows = [];

    /// <summary>Rows that the terminal shows; the page and the CSV file have all of them.</summary>
    public int MostOnScreen { get; init; } = int.MaxValue;

    /// <summary>False for a table that the page and the CSV file have and the terminal does not.</summary>
    public bool OnScreen { get; init; } = true;

    /// <inheritdoc/>
    public override string Kind => "table";

    /// <summary>Adds a column of texts.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="flexible">True where a narrow terminal may cut its texts.</param>
    public TablePart Column(string header, bool flexible = true)
    {
        _columns.Add((header, null, t => t.Column(header, flexible: flexible)));
        return this;
    }

    /// <summary>Adds a column of names such as blocks.3.attn.hook_z[1]@4, which a narrow terminal may cut in their middle.</summary>
    public TablePart Names(string header)
    {
        _columns.Add((header, null, t => t.Names(header)));
        return this;
    }

    /// <summary>Adds a column of numbers.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="format">How they are shown: a .NET format such as F3, N0 or P1.</param>
    /// <param name="onScreen">False for a column that the page and the CSV file have and the terminal does not.</param>
    /// <param name="shown">Its header in the terminal, where the columns beside it say the rest; null for the same.</param>
    public TablePart Number(string header, string format, bool onScreen = true, string? shown = null)
    {
        _columns.Add((header, format, onScreen ? t => t.Column(shown ?? header, right: true) : null));
        return this;
    }

    /// <summary>Adds a row: a text or a number a column; null or what is not finite for what there is not.</summary>
    public TablePart Row(params object?[] cells)
    {
        if (cells.Length != _columns.Count)
        {
            throw new ArgumentException($"{Name} has {_columns.Count} columns, the row {cells.Length}.", nameof(cells));
        }

        for (int i = 0; i < cells.Length; i++)
        {
            if (cells[i] is not null && (_columns[i].Format is null ? cells[i] is not string : cells[i] is not (double or float or int or long)))
            {
                throw new ArgumentException($"{Name} has a {cells[i]!.GetType().Name} under {_columns[i].Header}, a column of {(_columns[i].Format is null ? "texts" : "numbers")}.", nameof(cells));
            }
        }

        _rows.Add(cells);
        return this;
    }

    /// <summary>Prints it.</summary>
    public void Print(Terminal terminal)
    {
        var table = new TextTable(terminal);
        int[] shown = [.. Enumerable.Range(0, _columns.Count).Where(i => _columns[i].OnScreen is not null)];
        foreach (int i in shown)
        {
            _columns[i].OnScreen!(table);
        }

        foreach (object?[] row in _rows.Take(MostOnScreen))
        {
            table.Row([.. shown.Select(i => Show(row[i], _columns[i].Format))]);
        }

        table.Write();
        if (_rows.Count > MostOnScreen)
        {
            terminal.Output.WriteLine($"... {Text.Grouped(_rows.Count - MostOnScreen)} more rows");
        }
    }

    /// <inheritdoc/>
    public override void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartArray("columns");
        foreach ((string header, string? format, _) in _columns)
        {
            json.WriteStartObject();
            json.WriteString("header", header);
            json.WriteBoolean("number", format is not null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("rows");
        foreach (object?[] row in _rows)
        {
            // A number goes with the text that stands for it, so that the page shows what the terminal shows and sorts by value.
            json.WriteStartArray();
            for (int i = 0; i < row.Length; i++)
            {
                if (_columns[i].Format is null)
                {
                    json.WriteStringValue(row[i] as string ?? "");
                    continue;
                }

                json.WriteStartArray();
                JsonNumbers.Write(json, Number(row[i]));
                json.WriteStringValue(Show(row[i], _columns[i].Format));
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<object?>> Lines() => _rows.Prepend([.. _columns.Select(c => (object?)c.Header)]);

    private static double Number(object? cell) => cell is null ? double.NaN : Convert.ToDouble(cell, CultureInfo.InvariantCulture);

    private static string Show(object? cell, string? format) => format is null
        ? cell as string ?? ""
        : !double.IsFinite(Number(cell)) ? "-" : Number(cell).ToString(format, CultureInfo.InvariantCulture).Replace(" %", "%", StringComparison.Ordinal);
}
