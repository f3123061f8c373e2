using System.Globalization;
using System.Text;

namespace Weir.Cli.Rendering;

/// <summary>Terminal columns that a text takes.</summary>
internal static class TextWidth
{
    // East Asian wide and emoji blocks; the rest of the wide characters are too rare to matter.
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x231A, 0x231B), (0x23E9, 0x23EC), (0x2E80, 0x303E), (0x3041, 0x4DBF), (0x4E00, 0xA4CF), (0xA960, 0xA97F),
        (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF),
        (0x1F900, 0x1F9FF), (0x1FA70, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    /// <summary>Columns of a text.</summary>
    public static int Of(string text)
    {
        int width = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            width += Of(rune);
        }

        return width;
    }

    /// <summary>The text, shortened with an ellipsis where it takes more columns.</summary>
    public static string Cut(string text, int columns)
    {
        if (Of(text) <= columns)
        {
            return text;
        }

        var cut = new StringBuilder();
        int left = columns - 1;
        foreach (Rune rune in text.EnumerateRunes())
        {
            left -= Of(rune);
            if (left < 0)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        return columns < 1 ? "" : cut.Append('…').ToString();
    }

    /// <summary>The text, shortened with an ellipsis in its middle where it takes more columns.</summary>
    public static string CutMiddle(string text, int columns)
    {
        if (Of(text) <= columns)
        {
            return text;
        }

        var tail = new StringBuilder();
        int left = (columns - 1) / 2;
        foreach (Rune rune in text.EnumerateRunes().Reverse())
        {
            left -= Of(rune);
            if (left < 0)
            {
                break;
            }

            tail.Insert(0, rune.ToString());
        }

        return Cut(text, columns - Of(tail.ToString())) + tail;
    }

    /// <summary>The text, shortened or filled with spaces to exactly so many columns.</summary>
    public static string Fit(string text, int columns, bool right = false)
    {
        text = Cut(text, columns);
        string fill = new(' ', columns - Of(text));
        return right ? fill + text : text + fill;
    }

    /// <summary>A text broken at spaces into lines; a word longer than a line is broken too.</summary>
    public static IEnumerable<string> Wrap(string text, int columns)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            string rest = word;
            string joined = line.Length == 0 ? rest : $"{line} {rest}";
            if (Of(joined) <= columns)
            {
                line = joined;
                continue;
            }

            if (line.Length > 0)
            {
                yield return line;
            }

            while (Of(rest) > columns && rest.Length > 1)
            {
                string head = rest[..Math.Min(rest.Length, Math.Max(1, columns))];
                while (Of(head) > columns && head.Length > 1)
                {
                    head = head[..^1];
                }

                yield return head;
                rest = rest[head.Length..];
            }

            line = rest;
        }

        yield return line;
    }

    private static int Of(Rune rune)
    {
        if (rune.Value < 0x300)
        {
            return 1;
        }

        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
        {
            return 0;
        }

        foreach ((int first, int last) in Wide)
        {
            if (rune.Value >= first && rune.Value <= last)
            {
                return 2;
            }
        }

        return 1;
    }
}
