using System.Globalization;
using System.Text;

namespace Weir.Engine.Tokenizers;

/// <summary>The classes of characters that tokenizer files speak of, over whole code points.</summary>
internal static class CharacterClasses
{
    /// <summary>The mask of <c>\p{L}</c>: one bit for each <see cref="UnicodeCategory"/>.</summary>
    public const uint Letters = 0b11111;

    /// <summary>The mask of <c>\p{M}</c>.</summary>
    public const uint Marks = 0b111 << (int)UnicodeCategory.NonSpacingMark;

    /// <summary>The mask of <c>\p{N}</c>.</summary>
    public const uint Numbers = 0b111 << (int)UnicodeCategory.DecimalDigitNumber;

    /// <summary>The mask of <c>\p{P}</c>.</summary>
    public const uint Punctuation = 0b1111111 << (int)UnicodeCategory.ConnectorPunctuation;

    private const uint WordCategories = Letters | Marks | 0b11 << (int)UnicodeCategory.DecimalDigitNumber |
        1 << (int)UnicodeCategory.ConnectorPunctuation;

    public static bool IsIn(int codePoint, uint categories) =>
        (1u << (int)CharUnicodeInfo.GetUnicodeCategory(codePoint) & categories) != 0;

    /// <summary>Unicode's White_Space, which is <c>\s</c> of both regex engines that tokenizer files are written for.</summary>
    public static bool IsWhiteSpace(int codePoint) =>
        codePoint < 0x10000 ? char.IsWhiteSpace((char)codePoint) : Rune.IsWhiteSpace(new Rune(codePoint));

    /// <summary><c>\w</c> of Rust's regex, which decides what a single word is.</summary>
    public static bool IsWord(int codePoint) => IsBracketedWord(codePoint) || codePoint is 0x200C or 0x200D;

    /// <summary><c>[\w]</c> of Oniguruma, which reads the patterns in tokenizer files.</summary>
    public static bool IsBracketedWord(int codePoint) => IsIn(codePoint, WordCategories) || IsCircledLetter(codePoint);

    /// <summary><c>\w</c> of Oniguruma outside brackets, which has some of Latin-1's numbers too.</summary>
    public static bool IsPatternWord(int codePoint) =>
        IsBracketedWord(codePoint) || codePoint is 0xB2 or 0xB3 or 0xB9 or (>= 0xBC and <= 0xBE);

    /// <summary>The first code point of a well-formed text, and its length in UTF-16 units.</summary>
    public static int CodePointAt(ReadOnlySpan<char> text, int index, out int length)
    {
        char c = text[index];
        if (char.IsHighSurrogate(c))
        {
            length = 2;
            return char.ConvertToUtf32(c, text[index + 1]);
        }
        length = 1;
        return c;
    }

    private static bool IsCircledLetter(int c) =>
        c is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
