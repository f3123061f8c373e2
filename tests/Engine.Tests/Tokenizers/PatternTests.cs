using System.Text;
using Weir.Engine.Tokenizers;
using Xunit;

namespace Weir.Engine.Tests.Tokenizers;

/// <summary>The well-known patterns exist twice, as code and as a regular expression; both must split alike.</summary>
public sealed class PatternTests
{
    private const int Seed = 7;

    private static readonly string[] s_pieces =
    [
        "a", "Zz", "é", "\u0301", "ß", "世", "𝔘", "𝟙", "1", "23", "½", "Ⅷ", "٣", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2028", "\u3000", "\u200d",
        "'", "'s", "'S", "'ſ", "'ll", "'Ve", "'RE", "'d", "'t", ".", "!?", "😀", "\0", "_", "\u0085",
    ];

    public static TheoryData<string> Patterns => new(
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        Cl100k(@"\p{N}"), Cl100k(@"\p{N}+"), Cl100k(@"\p{N}{1,2}"), Cl100k(@"\p{N}{1,3}"));

    [Theory]
    [MemberData(nameof(Patterns))]
    public void CodeAndRegularExpressionSplitAlike(string regex)
    {
        ITokenizer scanned = WithPattern(regex);
        ITokenizer matched = WithPattern($"(?:{regex})"); // not the text that is known, so it is read as any other
        Random random = new(Seed);
        for (int i = 0; i < 3000; i++)
        {
            StringBuilder text = new();
            for (int n = random.Next(12); n >= 0; n--)
                text.Append(s_pieces[random.Next(s_pieces.Length)]);
            Assert.Equal(
                matched.Encode(text.ToString(), addSpecialTokens: false), scanned.Encode(text.ToString(), addSpecialTokens: false));
        }
    }

    private static string Cl100k(string digits) =>
        $@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>A tokenizer whose ids show where the parts begin: each part is led by the mark's bytes.</summary>
    private static ITokenizer WithPattern(string regex) => TokenizerJson.Loaded("llama3", json =>
    {
        var parts = json["pre_tokenizer"]!["pretokenizers"]!.AsArray();
        parts[0]!["pattern"]!["Regex"] = regex;
        parts.Insert(1, System.Text.Json.Nodes.JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":false}"""));
    });
}
