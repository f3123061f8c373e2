namespace Weir.Engine.Tokenizers;

/// <summary>
/// A well-known pattern as code: it matches at every position, one part after another, in time linear in the text.
/// </summary>
internal abstract class ScannedPattern : Pattern
{
    protected const byte Other = 1, Letter = 2, Number = 4, Space = 8, LineBreak = 16;
    private const byte HalfPair = 0;

    private static readonly byte[] s_kinds = MakeKinds();

    public sealed override void FindMatches(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        for (int at = 0; at < text.Length;)
        {
            int end = MatchAt(text, at);
            matches.Add(new(at, end));
            at = end;
        }
    }

    /// <summary>Where the match that begins here ends; never here.</summary>
    protected abstract int MatchAt(ReadOnlySpan<char> text, int at);

    /// <summary>What kind of character begins here: one bit, two for a line break. 0 at the end.</summary>
    protected static int KindAt(ReadOnlySpan<char> text, int at, out int length)
    {
        length = 1;
        if ((uint)at >= (uint)text.Length)
            return 0;
        int kind = s_kinds[text[at]];
        return kind != HalfPair ? kind : KindOf(CharacterClasses.CodePointAt(text, at, out length));
    }

    /// <summary>The end of a run of characters of some kinds.</summary>
    protected static int RunEnd(ReadOnlySpan<char> text, int at, int kinds)
    {
        while ((KindAt(text, at, out int length) & kinds) != 0)
            at += length;
        return at;
    }

    /// <summary>
    /// <c>\s+(?!\S)|\s+</c>: all white space, but for the last one where something follows and more than one is there.
    /// </summary>
    protected static int SpacesEnd(ReadOnlySpan<char> text, int at, int runEnd) =>
        runEnd == text.Length || runEnd - at == 1 ? runEnd : runEnd - 1;

    private static byte KindOf(int codePoint) =>
        CharacterClasses.IsIn(codePoint, CharacterClasses.Letters) ? Letter
        : CharacterClasses.IsIn(codePoint, CharacterClasses.Numbers) ? Number
        : codePoint is '\r' or '\n' ? (byte)(Space | LineBreak)
        : CharacterClasses.IsWhiteSpace(codePoint) ? Space
        : Other;

    private static byte[] MakeKinds()
    {
        byte[] kinds = new byte[0x10000];
        for (int c = 0; c < kinds.Length; c++)
            kinds[c] = char.IsSurrogate((char)c) ? HalfPair : KindOf(c);
        return kinds;
    }
}
