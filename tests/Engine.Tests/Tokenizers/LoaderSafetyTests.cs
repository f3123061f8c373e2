using System.Text;
using System.Text.Json.Nodes;
using Weir.Engine.Tokenizers;
using Weir.Kernels;
using Xunit;

namespace Weir.Engine.Tests.Tokenizers;

/// <summary>What a tokenizer file must be refused for, by name, and what must be accepted.</summary>
public sealed class LoaderSafetyTests
{
    private const int Rows = 1000;

    [Fact]
    public void ATokenIdBeyondTheEmbeddingIsOutOfRange()
    {
        AssertRefused(TokenizerError.OutOfRange, "TokenizerOutOfRange", json => { }, embeddingRows: 899);
        AssertRefused(TokenizerError.OutOfRange, "TokenizerOutOfRange", json => Vocabulary(json)["new"] = Rows);
        AssertRefused(TokenizerError.OutOfRange, "TokenizerOutOfRange", json => Vocabulary(json)["new"] = -1);
        AssertRefused(TokenizerError.OutOfRange, "TokenizerOutOfRange", json => Vocabulary(json)["new"] = long.MaxValue);
        AssertRefused(TokenizerError.OutOfRange, "TokenizerOutOfRange", json => Added(json, "<new>", Rows));
    }

    [Fact]
    public void MoreEmbeddingRowsThanIdsAreAccepted()
    {
        Assert.Equal(900, TokenizerFile.Load(TokenizerFixture.FileOf("gpt2"), 900).VocabularySize);
        Assert.Equal(900, TokenizerFile.Load(TokenizerFixture.FileOf("gpt2"), int.MaxValue).VocabularySize);
    }

    [Fact]
    public void OneIdForTwoTokensIsADuplicate()
    {
        AssertRefused(TokenizerError.DuplicateToken, "DuplicateToken", json => Vocabulary(json)["new"] = 5);
        AssertRefused(TokenizerError.DuplicateToken, "DuplicateToken", json => Added(json, "<new>", 5));
        AssertRefused(TokenizerError.DuplicateToken, "DuplicateToken", json => { Added(json, "<a>", 950); Added(json, "<b>", 950); });
    }

    [Fact]
    public void OneTokenWithTwoIdsIsADuplicate()
    {
        AssertRefused(TokenizerError.DuplicateToken, "DuplicateToken", json => Added(json, "<|endoftext|>", 901));
        AssertRefused(TokenizerError.DuplicateToken, "DuplicateToken", json => { Added(json, "<a>", 950); Added(json, "<a>", 951); });
    }

    [Fact]
    public void TheSamePairInVocabularyAndAddedTokensIsAccepted()
    {
        ITokenizer tokenizer = TokenizerJson.Loaded("gpt2", json => Added(json, "a", (int)Vocabulary(json)["a"]!));
        Assert.Equal(tokenizer.IdOf("a"), Assert.Single(tokenizer.Encode("a", addSpecialTokens: false)));
    }

    [Fact]
    public void IdsWithGapsAreAccepted()
    {
        ITokenizer tokenizer = TokenizerJson.Loaded("gpt2", json => Added(json, "<far>", 950));
        Assert.Equal(951, tokenizer.VocabularySize);
        Assert.Equal([950], tokenizer.Encode("<far>", addSpecialTokens: false));
        Assert.Equal("<far>", tokenizer.Decode([920, 950, 999], skipSpecialTokens: false));
        Assert.Equal("[token 920]", tokenizer.TokenText(920));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Piece(920));
    }

    [Fact]
    public void ASpecialTokenOutsideTheVocabularyIsAMismatch()
    {
        AssertRefused(TokenizerError.SpecialTokenMismatch, "SpecialTokenMismatch", json => json["model"]!["unk_token"] = "<nowhere>");
        TokenizerException e = TokenizerJson.Refusal("llama3", json =>
            json["post_processor"]!["processors"]![1]!["special_tokens"]!["<|begin_of_text|>"]!["ids"]![0] = 990);
        Assert.Equal(TokenizerError.SpecialTokenMismatch, e.Error);

        string file = TokenizerFixture.FileOf("gpt2");
        ITokenizer tokenizer = TokenizerFile.Load(file, Rows);
        e = Assert.Throws<TokenizerException>(() => TokenizerFile.CheckSpecialIds(file, tokenizer, [("bos_token_id", 1), ("eos_token_id", 900)]));
        Assert.Equal(TokenizerError.SpecialTokenMismatch, e.Error);
        Assert.Contains("eos_token_id is 900", e.Message, StringComparison.Ordinal);
        TokenizerFile.CheckSpecialIds(file, tokenizer, [("bos_token_id", 899), ("eos_token_id", 899), ("eos_token_id", 0)]);
    }

    [Theory]
    [InlineData("\"version\": \"1.0\"", "\"version\": \"1.0\", \"version\": \"1.0\"")]
    [InlineData("\"vocab\": {", "\"vocab\": { \"!\": 0,")]
    [InlineData("\"vocab\": {", "\"vocab\": { \"\\u0021\": 0,")]
    public void AKeyNamedTwiceIsADuplicateKey(string text, string replacement)
    {
        string json = File.ReadAllText(TokenizerFixture.FileOf("gpt2"));
        Assert.Contains(text, json, StringComparison.Ordinal);
        TokenizerException e = Assert.Throws<TokenizerException>(() => TokenizerJson.Load(Encoding.UTF8.GetBytes(json.Replace(text, replacement, StringComparison.Ordinal))));
        Assert.Equal(TokenizerError.DuplicateJsonKey, e.Error);
        Assert.Contains("DuplicateJsonKey", e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Unsupported => new()
    {
        { "version", "\"2.0\"" },
        { "truncation", """{"direction":"Right","max_length":8,"strategy":"LongestFirst","stride":0}""" },
        { "padding", """{"strategy":"BatchLongest"}""" },
        { "something_new", "1" },
        { "normalizer", """{"type":"Precompiled","precompiled_charsmap":"AAAA"}""" },
        { "normalizer", """{"type":"NFC","something_new":true}""" },
        { "normalizer", """{"type":"Replace","pattern":{"String":""},"content":""}""" },
        { "pre_tokenizer", """{"type":"UnicodeScripts"}""" },
        { "pre_tokenizer", """{"type":"Split","pattern":{"Regex":"\\p{Han}"},"behavior":"Isolated","invert":false}""" },
        { "pre_tokenizer", """{"type":"Split","pattern":{"Regex":"(?<=a)b"},"behavior":"Isolated","invert":false}""" },
        { "pre_tokenizer", """{"type":"Split","pattern":{"Regex":"a*"},"behavior":"Isolated","invert":false}""" },
        { "pre_tokenizer", """{"type":"Split","pattern":{"Regex":"\\bthe"},"behavior":"Isolated","invert":false}""" },
        { "pre_tokenizer", """{"type":"Split","pattern":{"Regex":"a(b"},"behavior":"Isolated","invert":false}""" },
        { "pre_tokenizer", """{"type":"Split","pattern":{"String":" "},"behavior":"Sideways","invert":false}""" },
        { "pre_tokenizer", """{"type":"Metaspace","replacement":"▁","add_prefix_space":false,"prepend_scheme":"always"}""" },
        { "decoder", """{"type":"WordPiece","prefix":"##","cleanup":true}""" },
        { "decoder", """{"type":"CTC","pad_token":"<pad>","word_delimiter_token":"|","cleanup":true}""" },
        { "post_processor", """{"type":"Else"}""" },
        { "model.type", "\"WordPiece\"" },
        { "model.type", "\"Unigram\"" },
        { "model.dropout", "0.1" },
        { "model.end_of_word_suffix", "\"</w>\"" },
        { "model.continuing_subword_prefix", "\"##\"" },
        { "model.something_new", "true" },
    };

    [Theory]
    [MemberData(nameof(Unsupported))]
    public void WhatWouldChangeTheResultAndIsNotDoneIsRefused(string path, string value)
    {
        TokenizerException e = TokenizerJson.Refusal("gpt2", json => Set(json, path, value));
        Assert.Equal(TokenizerError.UnsupportedOption, e.Error);
        Assert.Contains("UnsupportedOption", e.Message, StringComparison.Ordinal);
        Assert.Contains(e.File, e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Invalid => new()
    {
        { "model", "null" },
        { "model.vocab", "[]" },
        { "model.vocab", """{"a":"b"}""" },
        { "model.vocab", """{"a":0.5}""" },
        { "model.vocab", """{"\ud800":0}""" },
        { "model.merges", "{}" },
        { "model.merges", """["a b c"]""" },
        { "model.merges", """[["a","nowhere"]]""" },
        { "model.merges", """[" a"]""" },
        { "model.fuse_unk", "1" },
        { "added_tokens", "{}" },
        { "added_tokens", """[{"id":5}]""" },
        { "added_tokens", """[{"id":"5","content":"x","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":false}]""" },
        { "pre_tokenizer", "[]" },
        { "pre_tokenizer", """{"type":"ByteLevel"}""" },
        { "normalizer", """{"type":"Prepend","prepend":"\udc00"}""" },
        { "decoder", """{"type":"Strip","content":" ","start":-1,"stop":0}""" },
        { "post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}}],"pair":[],"special_tokens":{}}""" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void WhatDescribesNoTokenizerIsInvalid(string path, string value)
    {
        // As text, since half a surrogate pair does not survive a JSON tree.
        JsonObject json = TokenizerJson.Read("gpt2");
        Set(json, path, "\"@here@\"");
        TokenizerException e = Assert.Throws<TokenizerException>(() => TokenizerJson.Load(
            Encoding.UTF8.GetBytes(json.ToJsonString().Replace("\"@here@\"", value, StringComparison.Ordinal))));
        Assert.Equal(TokenizerError.InvalidJson, e.Error);
        Assert.IsAssignableFrom<WeirException>(e);
    }

    [Fact]
    public void WhatIsNoJsonIsInvalid()
    {
        foreach (string text in (ReadOnlySpan<string>)["", "{", "[]", "null", "\0\0", new string('[', 5000)])
        {
            TokenizerException e = Assert.Throws<TokenizerException>(() => TokenizerJson.Load(Encoding.UTF8.GetBytes(text)));
            Assert.Equal(TokenizerError.InvalidJson, e.Error);
        }
    }

    [Fact]
    public void AMissingFileIsUnreadable()
    {
        TokenizerException e = Assert.Throws<TokenizerException>(() => TokenizerFile.Load("/nowhere/tokenizer.json", Rows));
        Assert.Equal(TokenizerError.Unreadable, e.Error);
        Assert.Equal("/nowhere/tokenizer.json", e.File);
    }

    [Fact]
    public void OldFilesAreAccepted()
    {
        TokenizerFixture fixture = TokenizerFixture.Read("gpt2");
        ITokenizer tokenizer = TokenizerJson.Loaded("gpt2", json =>
        {
            JsonObject model = json["model"]!.AsObject();
            model.Remove("type");
            model.Remove("byte_fallback");
            model.Remove("ignore_merges");
            model["merges"]!.AsArray().Insert(0, "#version: 0.2");
            json["pre_tokenizer"]!.AsObject().Remove("use_regex");
        });
        foreach (var item in fixture.Cases)
            Assert.Equal(item.Ids, tokenizer.Encode(item.Text, addSpecialTokens: true));
    }

    [Fact]
    public void APatternThatExplodesIsStopped()
    {
        ITokenizer tokenizer = TokenizerJson.Loaded("gpt2", json => Set(json, "pre_tokenizer",
            """{"type":"Split","pattern":{"Regex":"(?:a|a)+b"},"behavior":"Isolated","invert":false}"""));
        TokenizerException e = Assert.Throws<TokenizerException>(() => tokenizer.Encode(new string('a', 100), addSpecialTokens: false));
        Assert.Equal(TokenizerError.UnsupportedOption, e.Error);
    }

    private static JsonObject Vocabulary(JsonObject json) => json["model"]!["vocab"]!.AsObject();

    private static void Added(JsonObject json, string content, int id) => json["added_tokens"]!.AsArray().Add(new JsonObject
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = false,
    });

    private static void Set(JsonObject json, string path, string value)
    {
        string[] names = path.Split('.');
        JsonNode node = json;
        foreach (string name in names[..^1])
            node = node[name]!;
        node[names[^1]] = JsonNode.Parse(value);
    }

    private static void AssertRefused(TokenizerError error, string name, Action<JsonObject> change, int embeddingRows = Rows)
    {
        TokenizerException e = TokenizerJson.Refusal("gpt2", change, embeddingRows);
        Assert.Equal(error, e.Error);
        Assert.Contains(name, e.Message, StringComparison.Ordinal);
        Assert.Contains(e.File, e.Message, StringComparison.Ordinal);
        Assert.EndsWith(e.Reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AModelsTokenizerMustHoldItsBeginAndEndTokens()
    {
        string path = Path.Combine(RepositoryRoot.Path, "models", "demo", "tokenizer.json");
        using Weir.Engine.Checkpoints.Checkpoint checkpoint = Weir.Engine.Checkpoints.Checkpoint.Open(Path.GetDirectoryName(path)!);
        Weir.Engine.Families.ModelSpec spec = checkpoint.Spec;
        int outside = TokenizerFile.Load(path, spec).VocabularySize;
        foreach (Weir.Engine.Families.ModelSpec wrong in (Weir.Engine.Families.ModelSpec[])[spec with { BeginToken = outside }, spec with { EndTokens = [0, outside] }])
        {
            Assert.Equal(TokenizerError.SpecialTokenMismatch, Assert.Throws<TokenizerException>(() => TokenizerFile.Load(path, wrong)).Error);
        }
    }
}
