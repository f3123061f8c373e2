namespace Weir.Engine.Tokenizers;

/// <summary>Matches a text itself.</summary>
internal sealed class LiteralPattern(string literal) : Pattern
{
    public override void FindMatches(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        for (int at = 0; text[at..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and int found; at += found + literal.Length)
            matches.Add(new(at + found, at + found + literal.Length));
    }
}
