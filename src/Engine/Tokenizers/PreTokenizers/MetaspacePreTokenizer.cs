using System.Runtime.InteropServices;

namespace Weir.Engine.Tokenizers;

/// <summary>SentencePiece's: writes spaces as a mark, puts one in front, and may split before each.</summary>
internal sealed class MetaspacePreTokenizer(char mark, PrependScheme scheme, bool split) : PreTokenizer
{
    protected override void Split(ReadOnlySpan<char> text, int leading, TextSegments target)
    {
        bool prepend = text[0] != mark && text[0] != ' ' &&
            (scheme == PrependScheme.Always || scheme == PrependScheme.First && leading > 0);
        List<char> marked = target.Scratch;
        CollectionsMarshal.SetCount(marked, text.Length + (prepend ? 1 : 0));
        Span<char> span = CollectionsMarshal.AsSpan(marked);
        span[0] = mark;
        text.Replace(span[(span.Length - text.Length)..], ' ', mark);
        leading += prepend && leading > 0 ? 1 : 0;
        int start = 0;
        while (split && span[(start + 1)..].IndexOf(mark) is >= 0 and int next)
        {
            target.AddText(span.Slice(start, next + 1), leading - start);
            start += next + 1;
        }
        target.AddText(span[start..], leading - start);
    }
}
