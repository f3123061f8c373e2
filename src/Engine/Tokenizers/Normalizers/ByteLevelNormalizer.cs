namespace Weir.Engine.Tokenizers;

/// <summary>Spells the text's bytes in the byte alphabet.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    public override string Normalize(string text, ref int leading)
    {
        leading = ByteAlphabet.Count(text.AsSpan(0, leading));
        return string.Create(ByteAlphabet.Count(text), text, static (target, source) => ByteAlphabet.Spell(source, target));
    }
}
