using System.Runtime.InteropServices;

namespace Weir.Engine.Tokenizers;

/// <summary>GPT-2's: splits by its pattern and spells each word's bytes in the byte alphabet.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool usePattern) : PreTokenizer
{
    private static readonly Gpt2Pattern s_pattern = new();

    protected override void Split(ReadOnlySpan<char> text, int leading, TextSegments target)
    {
        if (addPrefixSpace && text[0] != ' ')
        {
            target.Scratch.Clear();
            target.Scratch.Add(' ');
            target.Scratch.AddRange(text);
            text = CollectionsMarshal.AsSpan(target.Scratch);
            leading += leading > 0 ? 1 : 0;
        }
        if (!usePattern)
        {
            Spell(text, leading, target);
            return;
        }
        // The pattern matches everywhere, so its matches are all there is.
        target.Matches.Clear();
        s_pattern.FindMatches(text, target.Matches);
        foreach (TextRange match in target.Matches)
            Spell(text[match.Start..match.End], leading - match.Start, target);
    }

    private static void Spell(ReadOnlySpan<char> word, int leading, TextSegments target)
    {
        leading = ByteAlphabet.Count(word[..Math.Clamp(leading, 0, word.Length)]);
        ByteAlphabet.Spell(word, target.Reserve(ByteAlphabet.Count(word), leading));
    }
}
