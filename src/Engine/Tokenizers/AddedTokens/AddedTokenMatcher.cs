using System.Buffers;

namespace Weir.Engine.Tokenizers;

/// <summary>Finds added tokens in a text: the leftmost, and of those the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<(int Node, char Next), int> _children = [];
    private readonly List<AddedToken?> _tokens = [null]; // by node of the trie
    private readonly SearchValues<char> _firstCharacters;

    /// <summary>Makes a matcher.</summary>
    /// <param name="tokens">The tokens, each with the text that it is sought by; none empty, none twice.</param>
    public AddedTokenMatcher(IReadOnlyList<(string Sought, AddedToken Token)> tokens)
    {
        foreach ((string sought, AddedToken token) in tokens)
        {
            int node = 0;
            foreach (char c in sought)
            {
                if (!_children.TryGetValue((node, c), out int child))
                {
                    child = _tokens.Count;
                    _tokens.Add(null);
                    _children.Add((node, c), child);
                }
                node = child;
            }
            _tokens[node] = token;
        }
        _firstCharacters = SearchValues.Create(string.Concat(tokens.Select(static entry => entry.Sought[0]).Distinct()));
    }

    /// <summary>Adds the parts of a text: what the tokens cover, with the token, and what lies between, with null.</summary>
    public void Split(ReadOnlySpan<char> text, List<(TextRange Range, AddedToken? Token)> parts)
    {
        int done = 0;
        int at = 0;
        while (Next(text, at) is { } found)
        {
            (TextRange range, AddedToken token) = found;
            at = range.End;
            if (token.SingleWord && !IsSingleWord(text, range))
                continue;
            int start = range.Start;
            int end = range.End;
            if (token.StripLeft)
            {
                while (start > done && char.IsWhiteSpace(text[start - 1]))
                    start--;
                start = Math.Max(start, done); // a token before may have taken the space, and even this one's beginning
            }
            while (token.StripRight && end < text.Length && char.IsWhiteSpace(text[end]))
                end++;
            if (done < start)
                parts.Add((new(done, start), null));
            if (start < end) // nothing is left of a token whose every character, being white space, went to the one before
                parts.Add((new(start, end), token));
            done = end;
        }
        if (done != text.Length)
            parts.Add((new(done, text.Length), null));
    }

    private (TextRange Range, AddedToken Token)? Next(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && text[at..].IndexOfAny(_firstCharacters) is >= 0 and int skip)
        {
            at += skip;
            AddedToken? longest = null;
            int end = at;
            int node = 0;
            for (int i = at; i < text.Length && _children.TryGetValue((node, text[i]), out node);)
            {
                i++;
                if (_tokens[node] is { } token)
                {
                    longest = token;
                    end = i;
                }
            }
            if (longest is not null)
                return (new(at, end), longest);
            at++;
        }
        return null;
    }

    private static bool IsSingleWord(ReadOnlySpan<char> text, TextRange range)
    {
        int before = range.Start - 1;
        if (before > 0 && char.IsLowSurrogate(text[before]))
            before--;
        return (before < 0 || !CharacterClasses.IsWord(CharacterClasses.CodePointAt(text, before, out _))) &&
            (range.End == text.Length || !CharacterClasses.IsWord(CharacterClasses.CodePointAt(text, range.End, out _)));
    }
}
