namespace Weir.Engine.Tokenizers;

/// <summary>Matches each single character that a test accepts.</summary>
internal sealed class CharacterPattern(Predicate<int> accepts) : Pattern
{
    public override void FindMatches(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        for (int i = 0; i < text.Length;)
        {
            if (accepts(CharacterClasses.CodePointAt(text, i, out int length)))
                matches.Add(new(i, i + length));
            i += length;
        }
    }
}
