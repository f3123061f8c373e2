namespace Weir.Engine.Tokenizers;

/// <summary>Takes white space off the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override string Normalize(string text, ref bool atStart)
    {
        int start = 0;
        int end = text.Length;
        while (left && start < end && char.IsWhiteSpace(text[start]))
            start++;
        while (right && end > start && char.IsWhiteSpace(text[end - 1]))
            end--;
        atStart &= start == 0;
        return text[start..end];
    }
}
