namespace Weir.Cli.Rendering;

/// <summary>
/// Aligned columns with two spaces between them. A row is always one line: where the columns together are too wide, the
/// columns marked flexible give way, the widest first, names in the middle, and then the rest of the line.
/// </summary>
/// <param name="terminal">Where it goes.</param>
internal sealed class TextTable(Terminal terminal)
{
    private const int LeastFlexible = 6;
    private const string Gap = "  ";

    private readonly List<(string Header, bool Right, bool Flexible, bool IsName)> _columns = [];
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a column.</summary>
    public TextTable Column(string header, bool right = false, bool flexible = false)
    {
        _columns.Add((header, right, flexible, false));
        return this;
    }

    /// <summary>Adds a flexible column of names, which both their beginnings and their ends tell apart.</summary>
    public TextTable Names(string header)
    {
        _columns.Add((header, false, true, true));
        return this;
    }

    /// <summary>Adds a row.</summary>
    public void Row(params string[] cells) => _rows.Add(cells);

    /// <summary>Prints it.</summary>
    public void Write(string indent = "")
    {
        int width = terminal.Settings.Width - indent.Length;
        int[] widths = Widths(width);
        WriteLine(indent, [.. _columns.Select(c => c.Header)], widths, width, header: true);
        foreach (string[] row in _rows)
        {
            WriteLine(indent, row, widths, width, header: false);
        }
    }

    private int[] Widths(int width)
    {
        int[] widths = [.. _columns.Select((c, i) => Math.Max(TextWidth.Of(c.Header), _rows.Count == 0 ? 0 : _rows.Max(r => TextWidth.Of(r[i]))))];
        for (int excess = widths.Sum() + (Gap.Length * (widths.Length - 1)) - width; excess > 0; excess--)
        {
            int widest = -1;
            for (int i = 0; i < widths.Length; i++)
            {
                if (_columns[i].Flexible && widths[i] > LeastFlexible && (widest < 0 || widths[i] > widths[widest]))
                {
                    widest = i;
                }
            }

            if (widest < 0)
            {
                break;
            }

            widths[widest]--;
        }

        return widths;
    }

    private void WriteLine(string indent, string[] cells, int[] widths, int width, bool header)
    {
        string line = string.Join(Gap, cells.Select((cell, i) => TextWidth.Fit(_columns[i].IsName ? TextWidth.CutMiddle(cell, widths[i]) : cell, widths[i], _columns[i].Right)));
        line = TextWidth.Cut(line.TrimEnd(), width);
        terminal.Output.WriteLine(indent + (header ? Ansi.Bold(terminal.Settings.Colors, line) : line));
    }
}
