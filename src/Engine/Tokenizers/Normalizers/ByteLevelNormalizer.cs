namespace Weir.Engine.Tokenizers;

/// <summary>Spells the text's bytes in the byte alphabet.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    public override string Normalize(string text, ref bool atStart) =>
        string.Create(ByteAlphabet.Count(text), text, static (target, source) => ByteAlphabet.Spell(source, target));
}
