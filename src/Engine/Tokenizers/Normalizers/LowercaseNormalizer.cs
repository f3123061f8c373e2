using System.Text;

namespace Weir.Engine.Tokenizers;

/// <summary>Lower case, character by character (so a final sigma is an ordinary one).</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    public override string Normalize(string text, ref int leading)
    {
        leading = Lower(text[..leading]).Length;
        return Lower(text);
    }

    private static string Lower(string text)
    {
        StringBuilder lower = new(text.Length);
        Span<char> units = stackalloc char[2];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value == 0x130) // the one letter whose lower case is two characters
                lower.Append("i\u0307");
            else
                lower.Append(units[..Rune.ToLowerInvariant(rune).EncodeToUtf16(units)]);
        }
        return lower.ToString();
    }
}
