namespace Weir.Engine.Tokenizers;

/// <summary>Puts a text in front.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override string Normalize(string text, ref int leading)
    {
        if (leading > 0)
            leading += prefix.Length;
        return prefix + text;
    }
}
