using System.Text.Json.Nodes;
using Weir.Engine.Tokenizers;
using Xunit;

namespace Weir.Engine.Tests.Tokenizers;

/// <summary>
/// The fixture tokenizers with other components and settings, drawn at random, against what the tokenizers library
/// gave (tests/fixtures/tokenizer-variants/make_variants.py).
/// </summary>
public sealed class VariantTests
{
    [Fact]
    public void EveryVariantGivesWhatTheReferenceGave()
    {
        JsonArray variants = JsonNode.Parse(File.ReadAllBytes(RepositoryRoot.Fixture("tokenizer-variants", "variants.json")))!.AsArray();
        List<string> wrong = [];
        int cases = 0;
        for (int i = 0; i < variants.Count; i++)
        {
            JsonNode variant = variants[i]!;
            JsonObject json = TokenizerJson.Read((string)variant["base"]!);
            foreach ((string name, JsonNode? value) in variant["replace"]!.AsObject())
                json[name] = value?.DeepClone();
            foreach ((string name, JsonNode? value) in variant["model"]!.AsObject())
                json["model"]![name] = value?.DeepClone();
            ITokenizer tokenizer = TokenizerJson.Load(json);
            foreach (JsonNode? item in variant["cases"]!.AsArray())
            {
                cases++;
                if (Differences(tokenizer, item!) is { Length: > 0 } differences)
                    wrong.Add($"variant {i}, '{item!["text"]}': {differences}: {variant["replace"]!.ToJsonString()} {variant["model"]!.ToJsonString()}");
            }
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {cases} differ\n{string.Join('\n', wrong.Take(10))}");
        Assert.Equal(150, variants.Count);
        Assert.InRange(cases, 1000, 1200);
    }

    private static string Differences(ITokenizer tokenizer, JsonNode item)
    {
        string text = (string)item["text"]!;
        int[] ids = Ids(item, "ids");
        List<string> differences = [];
        Compare("ids", string.Join(' ', ids), string.Join(' ', tokenizer.Encode(text, addSpecialTokens: true)));
        Compare("plain ids", string.Join(' ', Ids(item, "ids_without_special")),
            string.Join(' ', tokenizer.Encode(text, addSpecialTokens: false)));
        Compare("decoded", (string)item["decoded"]!, tokenizer.Decode(ids, skipSpecialTokens: false));
        Compare("without special", (string)item["decoded_skip_special"]!, tokenizer.Decode(ids, skipSpecialTokens: true));
        Compare("some decoded", (string)item["some_decoded"]!, tokenizer.Decode(Ids(item, "some_ids"), skipSpecialTokens: false));
        return string.Join("; ", differences);

        void Compare(string what, string expected, string actual)
        {
            if (!string.Equals(expected, actual, StringComparison.Ordinal))
                differences.Add($"{what}: expected '{expected}', got '{actual}'");
        }
    }

    private static int[] Ids(JsonNode item, string name) => [.. item[name]!.AsArray().Select(id => (int)id!)];
}
