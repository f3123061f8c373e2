using System.Text;

namespace Weir.Engine.Tokenizers;

/// <summary>Replaces every match of a pattern.</summary>
internal sealed class ReplaceNormalizer(Pattern pattern, string content) : Normalizer
{
    public override string Normalize(string text, ref int leading)
    {
        List<TextRange> matches = [];
        pattern.FindMatches(text, matches);
        if (matches.Count == 0)
            return text;
        leading = Leading(text, matches, leading);
        return Replace(text, matches, content);
    }

    /// <summary>How many units lead afterwards: what replaces a match stems from the last character of the match.</summary>
    private int Leading(string text, List<TextRange> matches, int before)
    {
        int leading = 0;
        int done = 0;
        foreach (TextRange match in matches)
        {
            if (match.Start >= before)
                break;
            leading += match.Start - done;
            int last = match.End - (char.IsLowSurrogate(text[match.End - 1]) ? 2 : 1);
            if (last < before)
                leading += content.Length;
            done = match.End;
        }
        return leading + Math.Max(0, before - done);
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
