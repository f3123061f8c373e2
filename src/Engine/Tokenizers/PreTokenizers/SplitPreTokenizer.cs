namespace Weir.Engine.Tokenizers;

/// <summary>Splits by a pattern.</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="behavior">What becomes of its matches.</param>
/// <param name="invert">Whether what lies between the matches plays the part of the matches.</param>
internal sealed class SplitPreTokenizer(Pattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    protected override void Split(ReadOnlySpan<char> text, int leading, TextSegments target)
    {
        List<TextRange> matches = target.Matches;
        matches.Clear();
        pattern.FindMatches(text, matches);

        int start = -1; // of the part being joined; -1 is none
        int end = 0;
        bool previous = false;
        for (int i = 0; i <= matches.Count; i++)
        {
            TextRange match = i < matches.Count ? matches[i] : new(text.Length, text.Length);
            if (match.Start > end)
                Take(text, new(end, match.Start), invert);
            if (i < matches.Count)
                Take(text, match, !invert);
            end = match.End;
        }
        if (start >= 0)
            Add(text, new(start, text.Length));

        void Take(ReadOnlySpan<char> text, TextRange part, bool isMatch)
        {
            bool joins = behavior switch
            {
                SplitBehavior.Contiguous => isMatch == previous,
                SplitBehavior.MergedWithPrevious => isMatch && !previous,
                SplitBehavior.MergedWithNext => !isMatch && previous,
                _ => false,
            };
            if (start >= 0 && !joins)
                Add(text, new(start, part.Start));
            if (start < 0 || !joins)
                start = part.Start;
            if (behavior == SplitBehavior.Removed)
            {
                if (!isMatch)
                    Add(text, part);
                start = -1;
            }
            previous = isMatch;
        }

        void Add(ReadOnlySpan<char> text, TextRange part) =>
            target.AddText(text[part.Start..part.End], leading - part.Start);
    }
}
