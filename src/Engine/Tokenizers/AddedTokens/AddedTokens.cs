namespace Weir.Engine.Tokenizers;

/// <summary>
/// The added tokens of a file. Those that are not normalized are found in the text as given; what lies between is
/// normalized, and the others are found there.
/// </summary>
internal sealed class AddedTokens
{
    private readonly Normalizer[] _normalizers;
    private readonly AddedTokenMatcher? _raw;
    private readonly AddedTokenMatcher? _normalized;

    /// <summary>Makes the set.</summary>
    /// <param name="tokens">The tokens with the text each is sought by.</param>
    /// <param name="normalizers">The normalizers, in order.</param>
    public AddedTokens(IReadOnlyList<(string Sought, AddedToken Token)> tokens, Normalizer[] normalizers)
    {
        _normalizers = normalizers;
        _raw = MatcherOf([.. tokens.Where(static entry => !entry.Token.Normalized)]);
        _normalized = MatcherOf([.. tokens.Where(static entry => entry.Token.Normalized)]);
    }

    /// <summary>Normalizes a text and splits it at the added tokens.</summary>
    public void Split(string text, TextSegments target)
    {
        target.Clear();
        if (text.Length == 0)
            return;
        List<(TextRange Range, AddedToken? Token)> rawParts = [];
        List<(TextRange Range, AddedToken? Token)> parts = [];
        Find(_raw, text, rawParts);
        foreach ((TextRange range, AddedToken? token) in rawParts)
        {
            if (token is not null)
            {
                target.AddToken(token.Id);
                continue;
            }
            int leading = range.Start > 0 ? 0 : char.IsHighSurrogate(text[0]) ? 2 : 1;
            string normalized = range.End - range.Start == text.Length ? text : text[range.Start..range.End];
            normalized = Normalize(_normalizers, normalized, ref leading);
            parts.Clear();
            Find(_normalized, normalized, parts);
            foreach ((TextRange part, AddedToken? partToken) in parts)
            {
                if (partToken is not null)
                    target.AddToken(partToken.Id);
                else
                    target.AddText(normalized.AsSpan(part.Start, part.End - part.Start), leading - part.Start);
            }
        }
    }

    public static string Normalize(Normalizer[] normalizers, string text, ref int leading)
    {
        foreach (Normalizer normalizer in normalizers)
        {
            if (text.Length > 0)
                text = normalizer.Normalize(text, ref leading);
        }
        return text;
    }

    private static AddedTokenMatcher? MatcherOf((string Sought, AddedToken Token)[] tokens) =>
        tokens.Length == 0 ? null : new(tokens);

    private static void Find(AddedTokenMatcher? matcher, string text, List<(TextRange Range, AddedToken? Token)> parts)
    {
        if (matcher is null)
            parts.Add((new(0, text.Length), null));
        else
            matcher.Split(text, parts);
    }
}
