using System.Globalization;

namespace Weir.Cli.Edits;

/// <summary>The parts of a value that an edit is for.</summary>
internal sealed record EditTarget
{
    /// <summary>Positions.</summary>
    public IndexRange Positions { get; init; } = IndexRange.All;

    /// <summary>Columns.</summary>
    public IndexRange Columns { get; init; } = IndexRange.All;

    /// <summary>Head, or null for all.</summary>
    public int? Head { get; init; }

    /// <summary>Sequences, or null for all.</summary>
    public int[]? Sequences { get; init; }

    /// <summary>Takes the parts off the end of an edit's text.</summary>
    /// <param name="option">The edit's option, for errors.</param>
    /// <param name="text">SITE=VALUE@part@part.</param>
    public static (string Before, EditTarget Target) Split(string option, string text)
    {
        var target = new EditTarget();
        for (int at = text.LastIndexOf('@'); at >= 0; at = text.LastIndexOf('@'))
        {
            if (target.With(option, text[(at + 1)..]) is not { } next)
            {
                break;
            }

            target = next;
            text = text[..at];
        }

        return (text, target);
    }

    // Null where the text is no part: a file's name may hold an @ as well.
    private EditTarget? With(string option, string part)
    {
        int equals = part.IndexOf('=');
        if (equals < 0)
        {
            return IndexRange.TryParse(part) is { } positions ? this with { Positions = positions } : null;
        }

        string value = part[(equals + 1)..];
        return part[..equals] switch
        {
            "positions" => this with { Positions = IndexRange.Parse($"{option} @positions", value) },
            "columns" => this with { Columns = IndexRange.Parse($"{option} @columns", value) },
            "head" => this with { Head = Numbers(option, "head", value) is [var head] ? head : throw Bad(option, "head", value) },
            "sequences" => this with { Sequences = Numbers(option, "sequences", value) },
            var key when key.All(char.IsAsciiLetter) && !value.Any(char.IsAsciiLetter) => throw new UsageException(
                $"{option} has no part @{key}; there are @positions, @head, @columns and @sequences."),
            _ => null,
        };
    }

    private static int[] Numbers(string option, string part, string value)
    {
        string[] words = value.Split(',');
        int[] numbers = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                throw Bad(option, part, value);
            }
        }

        return numbers;
    }

    private static UsageException Bad(string option, string part, string value) =>
        new($"{option} @{part} must be {(part == "head" ? "a number" : "numbers with commas between them")}, not '{value}'.");
}
