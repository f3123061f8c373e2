using System.Text;
using System.Text.Json.Nodes;
using Weir.Engine.Tokenizers;
using Xunit;

namespace Weir.Engine.Tests.Tokenizers;

/// <summary>Fixture tokenizers with changes, written to a file of their own and loaded from there.</summary>
internal static class TokenizerJson
{
    public static JsonObject Read(string style) => JsonNode.Parse(File.ReadAllBytes(TokenizerFixture.FileOf(style)))!.AsObject();

    public static ITokenizer Load(JsonNode json, int embeddingRows = 1000) =>
        Load(Encoding.UTF8.GetBytes(json.ToJsonString()), embeddingRows);

    public static ITokenizer Load(byte[] bytes, int embeddingRows = 1000)
    {
        string path = Path.Combine(Path.GetTempPath(), $"weir-tokenizer-{Guid.NewGuid():N}.json");
        try
        {
            File.WriteAllBytes(path, bytes);
            return TokenizerFile.Load(path, embeddingRows);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Loads a fixture with a change, which must be refused.</summary>
    public static TokenizerException Refusal(string style, Action<JsonObject> change, int embeddingRows = 1000)
    {
        JsonObject json = Read(style);
        change(json);
        return Assert.Throws<TokenizerException>(() => Load(json, embeddingRows));
    }

    /// <summary>Loads a fixture with a change, which must be accepted.</summary>
    public static ITokenizer Loaded(string style, Action<JsonObject> change, int embeddingRows = 1000)
    {
        JsonObject json = Read(style);
        change(json);
        return Load(json, embeddingRows);
    }
}
