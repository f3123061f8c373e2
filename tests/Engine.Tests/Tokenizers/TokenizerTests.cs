using System.Text.Json.Nodes;
using Weir.Engine.Tokenizers;
using Xunit;

namespace Weir.Engine.Tests.Tokenizers;

/// <summary>What the fixtures do not show: display, streams, odd input, threads.</summary>
public sealed class TokenizerTests
{
    [Fact]
    public void ALoneSurrogateReadsAsTheReplacementCharacter()
    {
        foreach (string style in TokenizerFixture.Styles)
        {
            ITokenizer tokenizer = TokenizerFixture.Load(style);
            Assert.Equal(
                tokenizer.Encode("a\uFFFDb \uFFFD\U0001F600", addSpecialTokens: true),
                tokenizer.Encode("a\uD800b \uDC00\U0001F600", addSpecialTokens: true));
        }
    }

    [Fact]
    public void BytesThatAreNoCharacterAreShownAsSuch()
    {
        ITokenizer gpt2 = TokenizerFixture.Load("gpt2");
        int[] ids = gpt2.Encode("\U0001FABF", addSpecialTokens: false);
        Assert.True(ids.Length > 1);
        Assert.Equal("<0xF0>", gpt2.TokenText(ids[0])[..6]);

        ITokenizer llama = TokenizerFixture.Load("llama2");
        Assert.Equal("<0xF0>", llama.TokenText(llama.IdOf("<0xF0>")!.Value));
        Assert.Equal("A", llama.TokenText(llama.IdOf("<0x41>")!.Value));
        Assert.Equal("▁the", llama.Piece(llama.IdOf("▁the")!.Value));
        Assert.Equal("[token 999]", llama.TokenText(999));
        Assert.Null(llama.IdOf("no such piece"));
        Assert.Throws<ArgumentOutOfRangeException>(() => llama.TokenText(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => llama.Decode([-1], skipSpecialTokens: false));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    public void AStreamHoldsBackHalfACharacter(string style)
    {
        ITokenizer tokenizer = TokenizerFixture.Load(style);
        int[] ids = tokenizer.Encode("x\U0001FABFy", addSpecialTokens: false);
        TokenStream stream = tokenizer.Stream(skipSpecialTokens: true);
        List<string> texts = [.. ids.Select(stream.Append).Where(text => text.Length > 0), stream.Finish()];
        Assert.Equal("x\U0001FABFy", string.Concat(texts));
        Assert.DoesNotContain(texts, text => text.Contains('\uFFFD', StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith('x'));
    }

    [Fact]
    public void AStreamThatEndsInHalfACharacterSaysSo()
    {
        ITokenizer tokenizer = TokenizerFixture.Load("gpt2");
        TokenStream stream = tokenizer.Stream(skipSpecialTokens: true);
        Assert.Equal("", stream.Append(tokenizer.Encode("\U0001FABF", addSpecialTokens: false)[0]));
        Assert.Equal("\uFFFD", stream.Finish());
    }

    [Fact]
    public void ManyThreadsGetTheSameIds()
    {
        TokenizerFixture fixture = TokenizerFixture.Read("qwen2");
        ITokenizer tokenizer = TokenizerFixture.Load("qwen2");
        Parallel.For(0, 8, new() { MaxDegreeOfParallelism = 4 }, _ =>
        {
            foreach (var item in fixture.Cases)
                Assert.Equal(item.Ids, tokenizer.Encode(item.Text, addSpecialTokens: true));
        });
    }

    [Fact]
    public void TheDemoModelsTokenizerReadsItsOwnText()
    {
        ITokenizer tokenizer = TokenizerFile.Load(Path.Combine(RepositoryRoot.Path, "models", "demo", "tokenizer.json"), 100_000);
        const string text = "The cat sat. Где 世界? 😀\n";
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecialTokens: true), skipSpecialTokens: false));
    }

    [Fact]
    public void ATokenWhoseSpaceAnotherTookVanishes()
    {
        ITokenizer tokenizer = TokenizerJson.Loaded("gpt2", json => json["added_tokens"]!.AsArray().Add(JsonNode.Parse(
            """{"id":900,"content":" ","single_word":false,"lstrip":true,"rstrip":true,"normalized":false,"special":false}""")));
        int a = tokenizer.IdOf("a")!.Value;
        Assert.Equal([a, 900, a], tokenizer.Encode("a    a", addSpecialTokens: false));
    }

    [Fact]
    public void ALongWordMergesAsAShortOneDoes()
    {
        // Words above and below the length at which merging changes its method, of the same parts.
        ITokenizer tokenizer = TokenizerFixture.Load("gemma");
        ITokenizer whole = TokenizerJson.Loaded("gemma", json => json["model"]!["ignore_merges"] = true); // keeps no parts
        for (int n = 1; n < 100; n++)
        {
            string text = string.Concat(Enumerable.Repeat("theriverboatsaaaa", n))[..n];
            int[] ids = tokenizer.Encode(text + " end", addSpecialTokens: false);
            Assert.Equal(text + " end", tokenizer.Decode(ids, skipSpecialTokens: false));
            Assert.Equal(whole.Encode(text + " end", addSpecialTokens: false), ids);
        }
    }

    [Fact]
    public void TheLastOfTwoEqualMergesCounts()
    {
        JsonObject json = TokenizerJson.Read("gpt2");
        json["model"]!["vocab"] = JsonNode.Parse("""{"a":0,"b":1,"c":2,"ab":3,"bc":4}""");
        json["added_tokens"] = new JsonArray();
        json["model"]!["merges"] = JsonNode.Parse("""[["a","b"],["b","c"]]""");
        Assert.Equal([3, 2], TokenizerJson.Load(json).Encode("abc", addSpecialTokens: false));
        json["model"]!["merges"] = JsonNode.Parse("""[["a","b"],["b","c"],["a","b"]]""");
        Assert.Equal([0, 4], TokenizerJson.Load(json).Encode("abc", addSpecialTokens: false));
    }
}
