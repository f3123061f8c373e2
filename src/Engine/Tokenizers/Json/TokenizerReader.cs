using System.Text.Json;

namespace Weir.Engine.Tokenizers;

/// <summary>Puts a tokenizer together from its file.</summary>
internal static class TokenizerReader
{
    public static ITokenizer Read(JsonScope file, int embeddingRows)
    {
        file.AllowOnly("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
            "decoder", "model");
        if (file.Find("version") is { } version && version.Text() != "1.0")
            throw version.Unsupported($"the value '{version.Text()}'");
        foreach (string name in (ReadOnlySpan<string>)["truncation", "padding"])
        {
            if (file.Find(name) is not null)
                throw file.Unsupported($"'{name}' (set it to null)");
        }

        Dictionary<string, int> modelIds = ModelReader.ReadVocabulary(file.Get("model"), embeddingRows);
        Normalizer[] normalizers = NormalizerReader.Read(file.Find("normalizer"));
        List<(string Sought, AddedToken Token)> added = AddedTokenReader.Read(file, modelIds, normalizers, embeddingRows);
        Vocabulary vocabulary = new(modelIds, added);
        return new Tokenizer(
            vocabulary,
            new AddedTokens(added, normalizers),
            PreTokenizerReader.Read(file.Find("pre_tokenizer")),
            ModelReader.Read(file.Get("model"), modelIds),
            PostProcessorReader.Read(file.Find("post_processor"), vocabulary),
            DecoderReader.Read(file.Find("decoder")));
    }

    /// <summary>A token id, which must be a row of the embedding.</summary>
    public static int ReadId(JsonScope value, string token, int embeddingRows)
    {
        if (value.Element.ValueKind != JsonValueKind.Number || !value.Element.TryGetInt64(out long id))
            throw value.Invalid("an integer id");
        if (id < 0 || id >= embeddingRows)
        {
            throw value.Fail(TokenizerError.OutOfRange,
                $"the token '{token}' has id {id}, but the embedding has {embeddingRows} rows; " +
                "use the tokenizer.json of the same checkpoint.");
        }
        return (int)id;
    }
}
