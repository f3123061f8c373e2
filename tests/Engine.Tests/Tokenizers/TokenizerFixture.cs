using System.Text.Json;
using System.Text.Json.Serialization;
using Weir.Engine.Tokenizers;

namespace Weir.Engine.Tests.Tokenizers;

/// <summary>A fixture tokenizer and what the reference makes of it.</summary>
internal sealed record TokenizerFixture
{
    public static readonly string[] Styles = ["gemma", "gpt2", "llama2", "llama3", "mistral", "neox", "qwen2"];

    [JsonPropertyName("vocab_size")]
    public required int VocabSize { get; init; }

    [JsonPropertyName("special_ids")]
    public required int[] SpecialIds { get; init; }

    [JsonPropertyName("cases")]
    public required EncodeCase[] Cases { get; init; }

    [JsonPropertyName("decode")]
    public required DecodeCase[] Decode { get; init; }

    [JsonPropertyName("each_id_decoded")]
    public required string[] EachIdDecoded { get; init; }

    public static string FileOf(string style) => RepositoryRoot.Fixture("tokenizers", style, "tokenizer.json");

    public static TokenizerFixture Read(string style) => JsonSerializer.Deserialize<TokenizerFixture>(
        File.ReadAllBytes(RepositoryRoot.Fixture("tokenizers", style, "expected.json")))!;

    public static ITokenizer Load(string style) => TokenizerFile.Load(FileOf(style), 1000);

    internal sealed record EncodeCase
    {
        [JsonPropertyName("text")]
        public required string Text { get; init; }

        [JsonPropertyName("ids")]
        public required int[] Ids { get; init; }

        [JsonPropertyName("ids_without_special")]
        public required int[] IdsWithoutSpecial { get; init; }

        [JsonPropertyName("decoded")]
        public required string Decoded { get; init; }

        [JsonPropertyName("decoded_skip_special")]
        public required string DecodedSkipSpecial { get; init; }
    }

    internal sealed record DecodeCase
    {
        [JsonPropertyName("ids")]
        public required int[] Ids { get; init; }

        [JsonPropertyName("decoded")]
        public required string Decoded { get; init; }

        [JsonPropertyName("decoded_skip_special")]
        public required string DecodedSkipSpecial { get; init; }
    }
}
