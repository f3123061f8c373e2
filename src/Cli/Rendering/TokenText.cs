using System.Globalization;
using System.Text;
using Weir.Engine;
using Weir.Engine.Tokenizers;

namespace Weir.Cli.Rendering;

/// <summary>Tokens as tables show them: a dot for a space, pictures for what moves the cursor or cannot be seen.</summary>
internal static class TokenText
{
    /// <summary>A token of a tokenizer; its number where there is no tokenizer.</summary>
    public static string Of(ITokenizer? tokenizer, int id) => tokenizer is null ? $"#{Text.Of(id)}" : Visible(tokenizer.TokenText(id));

    /// <summary>A token of a model.</summary>
    public static string Of(Model model, int id) => Of(model.HasTokenizer ? model.Tokenizer : null, id);

    /// <summary>A token as the vocabulary spells it; its text where the vocabulary has no such id.</summary>
    public static string Piece(ITokenizer? tokenizer, int id)
    {
        if (tokenizer is null)
        {
            return Of(tokenizer, id);
        }

        try
        {
            return tokenizer.Piece(id);
        }
        catch (ArgumentOutOfRangeException)
        {
            return tokenizer.TokenText(id);
        }
    }

    /// <summary>A text on one line, safe to print.</summary>
    public static string Visible(string text)
    {
        bool plain = true;
        foreach (char c in text)
        {
            plain &= c is > ' ' and < (char)127;
        }

        if (plain)
        {
            return text.Length == 0 ? "∅" : text;
        }

        var visible = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            visible.Append(rune.Value switch
            {
                ' ' => "·",
                '\n' => "↵",
                '\t' => "⇥",
                < 0x20 => ((char)(0x2400 + rune.Value)).ToString(),
                0x7F => "␡",
                _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned ? "\uFFFD"
                    : rune.ToString(),
            });
        }

        return visible.ToString();
    }

    /// <summary>A text for a terminal, where a model's output must not be able to send commands.</summary>
    public static string Harmless(string text)
    {
        if (!text.Any(c => char.IsControl(c) && c is not ('\n' or '\t')))
        {
            return text;
        }

        var harmless = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            harmless.Append(!char.IsControl(c) || c is '\n' or '\t' ? c : c < ' ' ? (char)(0x2400 + c) : '\uFFFD');
        }

        return harmless.ToString();
    }
}
