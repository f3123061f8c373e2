namespace Weir.Engine.Tokenizers;

/// <summary>Takes white space off the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override string Normalize(string text, ref int leading)
    {
        int start = 0;
        int end = text.Length;
        while (left && start < end && char.IsWhiteSpace(text[start]))
            start++;
        while (right && end > start && char.IsWhiteSpace(text[end - 1]))
            end--;
        leading = Math.Clamp(leading - start, 0, end - start);
        return text[start..end];
    }
}
