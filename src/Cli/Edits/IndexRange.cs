using System.Globalization;

namespace Weir.Cli.Edits;

/// <summary>
/// Part of a row of things: 3.., ..5, 3..7 (7 is not in it), 5, and with a minus (or ^) from the end: -1, -4..-1.
/// </summary>
/// <param name="Start">First.</param>
/// <param name="End">The first that is not in it, or null where it goes on to the end and beyond.</param>
internal readonly record struct IndexRange(Index Start, Index? End)
{
    /// <summary>Everything.</summary>
    public static IndexRange All => new(Index.Start, null);

    /// <summary>As a range; what goes on beyond the end stops there.</summary>
    public Range Range => new(Start, End ?? Index.End);

    /// <summary>True where the end counts from the end of a prompt, wherever that is.</summary>
    public bool EndsAtPromptEnd => End is { } end && end.Equals(Index.End);

    /// <summary>Reads a part; null where the text is none.</summary>
    public static IndexRange? TryParse(string text)
    {
        int dots = text.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            return TryIndex(text) is { } index && !index.Equals(Index.End) ? new IndexRange(index, Next(index)) : null;
        }

        string from = text[..dots];
        string to = text[(dots + 2)..];
        Index? start = from.Length == 0 ? Index.Start : TryIndex(from);
        Index? end = to.Length == 0 ? null : TryIndex(to);
        return start is null || (to.Length > 0 && end is null) ? null : new IndexRange(start.Value, end);
    }

    /// <summary>Reads a part; the error names the option.</summary>
    public static IndexRange Parse(string option, string text) =>
        TryParse(text) ?? throw new UsageException($"{option} must be a range such as 3.., ..5, 3..7, 5 or -4..-1, not '{text}'.");

    /// <summary>First and the one after the last, in a row of so many.</summary>
    public (int From, int To) In(int count)
    {
        int from = Math.Clamp(Start.GetOffset(count), 0, count);
        return (from, Math.Clamp((End ?? Index.End).GetOffset(count), from, count));
    }

    private static Index Next(Index index) => index.IsFromEnd ? new Index(index.Value - 1, fromEnd: true) : new Index(index.Value + 1);

    private static Index? TryIndex(string text)
    {
        bool fromEnd = text.StartsWith('-') || text.StartsWith('^');
        return int.TryParse(fromEnd ? text.AsSpan(1) : text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value < int.MaxValue
            ? new Index(value, fromEnd)
            : null;
    }
}
