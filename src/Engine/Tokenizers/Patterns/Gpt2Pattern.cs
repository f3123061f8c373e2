namespace Weir.Engine.Tokenizers;

/// <summary>GPT-2's pattern, see <see cref="Text"/>.</summary>
internal sealed class Gpt2Pattern : ScannedPattern
{
    public const string Text = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    protected override int MatchAt(ReadOnlySpan<char> text, int at)
    {
        char first = text[at];
        if (first == '\'' && at + 1 < text.Length)
        {
            char second = text[at + 1];
            if (second is 's' or 't' or 'm' or 'd')
                return at + 2;
            if (at + 2 < text.Length && (second, text[at + 2]) is ('r', 'e') or ('v', 'e') or ('l', 'l'))
                return at + 3;
        }
        int start = first == ' ' ? at + 1 : at;
        int kind = KindAt(text, start, out int length) & (Letter | Number | Other);
        if (kind != 0)
            return RunEnd(text, start + length, kind);
        return SpacesEnd(text, at, RunEnd(text, at, Space));
    }
}
