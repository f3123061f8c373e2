using System.Text;

namespace Weir.Engine.Tokenizers;

/// <summary>Replaces every match of a pattern.</summary>
internal sealed class ReplaceNormalizer(Pattern pattern, string content) : Normalizer
{
    public override string Normalize(string text, ref bool atStart)
    {
        List<TextRange> matches = [];
        pattern.FindMatches(text, matches);
        if (matches.Count == 0)
            return text;
        // What replaces a match counts as stemming from the last character of the match.
        TextRange first = matches[0];
        if (first.Start == 0)
            atStart &= content.Length > 0 && CharacterClasses.CodePointAt(text, 0, out int length) >= 0 && first.End == length;
        return Replace(text, matches, content);
    }

    public static string Replace(string text, List<TextRange> matches, string content)
    {
        StringBuilder replaced = new(text.Length);
        int done = 0;
        foreach (TextRange match in matches)
        {
            replaced.Append(text, done, match.Start - done).Append(content);
            done = match.End;
        }
        return replaced.Append(text, done, text.Length - done).ToString();
    }
}
