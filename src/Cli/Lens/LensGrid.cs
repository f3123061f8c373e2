using Weir.Cli.Rendering;

namespace Weir.Cli.Lens;

/// <summary>
/// Layers down, tokens across, in each cell the most probable token. Colour is its probability; without colours the
/// percentage stands behind it. What does not fit the width goes on in further blocks.
/// </summary>
internal static class LensGrid
{
    private const int MostToken = 11;
    private const int PercentColumns = 4;

    /// <summary>Prints the grid.</summary>
    public static void Write(Terminal terminal, LensView view)
    {
        ColorDepth depth = terminal.Settings.Colors;
        int label = LensView.StateName(0).Length + 1;
        int extra = depth == ColorDepth.None ? PercentColumns : 0;
        int room = Math.Max(terminal.Settings.Width - label, 1);
        int[] widths = Widths(view, extra, room);
        WriteHead(terminal, depth);
        for (int first = 0; first < widths.Length;)
        {
            int end = first;
            for (int used = 0; end < widths.Length && (end == first || used + widths[end] <= room); end++)
            {
                used += widths[end];
            }

            terminal.Output.WriteLine();
            WriteBlock(terminal, view, widths, first, end, label, extra);
            first = end;
        }
    }

    private static void WriteHead(Terminal terminal, ColorDepth depth)
    {
        int width = terminal.Settings.Width;
        string meaning = "Most probable token after each layer (embedding at the top, last layer at the bottom), "
            + (depth == ColorDepth.None ? "with its probability in percent:" : "coloured by its probability:");
        foreach (string line in TextWidth.Wrap(meaning, width))
        {
            terminal.Output.WriteLine(line);
        }

        if (depth != ColorDepth.None)
        {
            const int Steps = 20;
            string bar = string.Concat(Enumerable.Range(0, Math.Min(Steps, width - 6)).Select(i => Ansi.OnMap(depth, i / (Steps - 1.0), " ")));
            terminal.Output.WriteLine($"0 {bar} 1");
        }
    }

    // A column holds the tokens of its layers and the input token above them, one space behind each.
    private static int[] Widths(LensView view, int extra, int room)
    {
        int[] widths = new int[view.Result.Positions];
        for (int p = 0; p < widths.Length; p++)
        {
            int widest = Math.Max(TextWidth.Of(view.TokenAt(p)) - extra, Text.Of(view.FirstPosition + p).Length - extra);
            for (int s = 0; s < view.Result.States; s++)
            {
                widest = Math.Max(widest, TextWidth.Of(view.Token(view.TopAt(s, p, 0).Id)));
            }

            widths[p] = Math.Min(Math.Clamp(widest, 3, MostToken) + extra + 1, room);
        }

        return widths;
    }

    private static void WriteBlock(Terminal terminal, LensView view, int[] widths, int first, int end, int label, int extra)
    {
        ColorDepth depth = terminal.Settings.Colors;
        TextWriter output = terminal.Output;
        var line = new System.Text.StringBuilder();

        void Flush(string head, bool dim)
        {
            string text = head.PadRight(label) + line.ToString().TrimEnd();
            output.WriteLine(dim ? Ansi.Dim(depth, text) : Ansi.Bold(depth, text));
            line.Clear();
        }

        for (int p = first; p < end; p++)
        {
            line.Append(TextWidth.Fit(Text.Of(view.FirstPosition + p), widths[p] - 1)).Append(' ');
        }

        Flush("", dim: true);
        for (int p = first; p < end; p++)
        {
            line.Append(TextWidth.Fit(view.TokenAt(p), widths[p] - 1)).Append(' ');
        }

        Flush("input", dim: false);
        for (int s = 0; s < view.Result.States; s++)
        {
            line.Clear().Append(LensView.StateName(s).PadRight(label));
            for (int p = first; p < end; p++)
            {
                (int id, double probability) = view.TopAt(s, p, 0);
                string token = TextWidth.Fit(view.Token(id), Math.Max(widths[p] - extra - 1, 1));
                string cell = extra == 0 ? $"{token} " : $"{token} {Text.Percent(probability),3} ";
                line.Append(Ansi.OnMap(depth, probability, cell));
            }

            output.WriteLine(extra == 0 ? line.ToString() : line.ToString().TrimEnd());
        }
    }
}
