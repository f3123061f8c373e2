namespace Weir.Engine.Tokenizers;

/// <summary>Puts a text in front.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override string Normalize(string text, ref bool atStart) => text.Length == 0 ? text : prefix + text;
}
