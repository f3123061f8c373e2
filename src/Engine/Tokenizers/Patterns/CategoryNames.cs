using System.Globalization;

namespace Weir.Engine.Tokenizers;

/// <summary>The names of general categories inside <c>\p{...}</c>.</summary>
internal static class CategoryNames
{
    private static readonly Dictionary<string, uint> s_masks = Make();

    /// <summary>The categories of a name, short or long; case, spaces and underscores do not count. 0 if it is unknown.</summary>
    public static uint MaskOf(string name)
    {
        string key = string.Concat(name.Where(static c => c is not (' ' or '_' or '-'))).ToUpperInvariant();
        return s_masks.GetValueOrDefault(key);
    }

    private static Dictionary<string, uint> Make()
    {
        (string Short, string Long, UnicodeCategory Category)[] names =
        [
            ("Lu", "UppercaseLetter", UnicodeCategory.UppercaseLetter),
            ("Ll", "LowercaseLetter", UnicodeCategory.LowercaseLetter),
            ("Lt", "TitlecaseLetter", UnicodeCategory.TitlecaseLetter),
            ("Lm", "ModifierLetter", UnicodeCategory.ModifierLetter),
            ("Lo", "OtherLetter", UnicodeCategory.OtherLetter),
            ("Mn", "NonspacingMark", UnicodeCategory.NonSpacingMark),
            ("Mc", "SpacingMark", UnicodeCategory.SpacingCombiningMark),
            ("Me", "EnclosingMark", UnicodeCategory.EnclosingMark),
            ("Nd", "DecimalNumber", UnicodeCategory.DecimalDigitNumber),
            ("Nl", "LetterNumber", UnicodeCategory.LetterNumber),
            ("No", "OtherNumber", UnicodeCategory.OtherNumber),
            ("Zs", "SpaceSeparator", UnicodeCategory.SpaceSeparator),
            ("Zl", "LineSeparator", UnicodeCategory.LineSeparator),
            ("Zp", "ParagraphSeparator", UnicodeCategory.ParagraphSeparator),
            ("Cc", "Control", UnicodeCategory.Control),
            ("Cf", "Format", UnicodeCategory.Format),
            ("Cs", "Surrogate", UnicodeCategory.Surrogate),
            ("Co", "PrivateUse", UnicodeCategory.PrivateUse),
            ("Cn", "Unassigned", UnicodeCategory.OtherNotAssigned),
            ("Pc", "ConnectorPunctuation", UnicodeCategory.ConnectorPunctuation),
            ("Pd", "DashPunctuation", UnicodeCategory.DashPunctuation),
            ("Ps", "OpenPunctuation", UnicodeCategory.OpenPunctuation),
            ("Pe", "ClosePunctuation", UnicodeCategory.ClosePunctuation),
            ("Pi", "InitialPunctuation", UnicodeCategory.InitialQuotePunctuation),
            ("Pf", "FinalPunctuation", UnicodeCategory.FinalQuotePunctuation),
            ("Po", "OtherPunctuation", UnicodeCategory.OtherPunctuation),
            ("Sm", "MathSymbol", UnicodeCategory.MathSymbol),
            ("Sc", "CurrencySymbol", UnicodeCategory.CurrencySymbol),
            ("Sk", "ModifierSymbol", UnicodeCategory.ModifierSymbol),
            ("So", "OtherSymbol", UnicodeCategory.OtherSymbol),
        ];
        Dictionary<string, uint> masks = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string shortName, string longName, UnicodeCategory category) in names)
        {
            uint mask = 1u << (int)category;
            masks[shortName] = masks[longName] = mask;
            string group = shortName[..1];
            masks[group] = masks.GetValueOrDefault(group) | mask;
        }
        (string Short, string Long)[] groups =
            [("L", "Letter"), ("M", "Mark"), ("N", "Number"), ("Z", "Separator"), ("C", "Other"), ("P", "Punctuation"), ("S", "Symbol")];
        foreach ((string shortName, string longName) in groups)
            masks[longName] = masks[shortName];
        return masks;
    }
}
