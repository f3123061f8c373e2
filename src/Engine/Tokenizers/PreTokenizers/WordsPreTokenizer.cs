namespace Weir.Engine.Tokenizers;

/// <summary>Words, and runs of what is neither word nor white space; white space vanishes.</summary>
internal sealed class WordsPreTokenizer : PreTokenizer
{
    protected override void Split(ReadOnlySpan<char> text, int leading, TextSegments target)
    {
        int start = 0;
        int kind = 0;
        for (int i = 0; i < text.Length;)
        {
            int codePoint = CharacterClasses.CodePointAt(text, i, out int length);
            int next = CharacterClasses.IsWord(codePoint) ? 1 : CharacterClasses.IsWhiteSpace(codePoint) ? 0 : 2;
            if (next != kind)
            {
                if (kind != 0)
                    target.AddText(text[start..i], leading - start);
                start = i;
                kind = next;
            }
            i += length;
        }
        if (kind != 0)
            target.AddText(text[start..], leading - start);
    }
}
