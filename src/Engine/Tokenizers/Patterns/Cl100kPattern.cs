using System.Globalization;

namespace Weir.Engine.Tokenizers;

/// <summary>
/// The pattern of cl100k, Llama 3, Qwen 2 and their kin: they differ in how many digits stand together.
/// </summary>
internal sealed class Cl100kPattern : ScannedPattern
{
    private const string Before = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}";
    private const string After = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private readonly int _maxDigits;

    private Cl100kPattern(int maxDigits) => _maxDigits = maxDigits;

    /// <summary>The pattern, if the text is one of this family.</summary>
    public static Cl100kPattern? TryParse(string regex)
    {
        if (!regex.StartsWith(Before, StringComparison.Ordinal) || !regex.EndsWith(After, StringComparison.Ordinal) ||
            regex.Length < Before.Length + After.Length)
            return null;
        ReadOnlySpan<char> digits = regex.AsSpan()[Before.Length..^After.Length];
        if (digits.IsEmpty)
            return new(1);
        if (digits is "+")
            return new(int.MaxValue);
        if (digits.StartsWith("{1,") && digits.EndsWith("}") &&
            int.TryParse(digits[3..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int max) && max is >= 1 and <= 1000)
            return new(max);
        return null;
    }

    protected override int MatchAt(ReadOnlySpan<char> text, int at)
    {
        if (text[at] == '\'' && ContractionEnd(text, at) is > 0 and int contraction)
            return contraction;
        int kind = KindAt(text, at, out int length);
        if (kind == Letter)
            return RunEnd(text, at + length, Letter);
        if (kind == Number)
        {
            int end = at + length;
            for (int n = 1; n < _maxDigits && KindAt(text, end, out length) == Number; n++)
                end += length;
            return end;
        }
        int next = at + length;
        int nextKind = KindAt(text, next, out int nextLength);
        if ((kind & LineBreak) == 0 && nextKind == Letter)
            return RunEnd(text, next + nextLength, Letter);
        if (kind == Other || text[at] == ' ' && nextKind == Other)
            return RunEnd(text, RunEnd(text, next, Other), LineBreak);
        int runEnd = RunEnd(text, at, Space);
        int lineBreak = text[at..runEnd].LastIndexOfAny('\r', '\n');
        return lineBreak >= 0 ? at + lineBreak + 1 : SpacesEnd(text, at, runEnd);
    }

    /// <summary><c>(?i:'s|'t|'re|'ve|'m|'ll|'d)</c>; the long s is a case of s. 0 if there is none.</summary>
    private static int ContractionEnd(ReadOnlySpan<char> text, int at)
    {
        if (at + 1 >= text.Length)
            return 0;
        char second = Lower(text[at + 1]);
        if (second is 's' or '\u017F' or 't' or 'm' or 'd')
            return at + 2;
        return at + 2 < text.Length && (second, Lower(text[at + 2])) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? at + 3 : 0;
    }

    private static char Lower(char c) => c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c;
}
