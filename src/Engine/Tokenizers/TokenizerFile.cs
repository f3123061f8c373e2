using System.Text.Json;
using Weir.Engine.Families;

namespace Weir.Engine.Tokenizers;

/// <summary>Reads the <c>tokenizer.json</c> of a Hugging Face directory.</summary>
public static class TokenizerFile
{
    /// <summary>Builds the tokenizer that a file describes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="embeddingRows">How many rows the model's embedding has; every token id must be one of them.</param>
    /// <exception cref="TokenizerException">The file is broken or asks for something that is not supported.</exception>
    public static ITokenizer Load(string path, int embeddingRows)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(embeddingRows);
        try
        {
            using JsonDocument document = Parse(File.ReadAllBytes(path));
            return TokenizerReader.Read(new JsonScope(document.RootElement, "the file", path), embeddingRows);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException(path, TokenizerError.Unreadable, $"{e.Message.TrimEnd('.')}; check the path.", e);
        }
        catch (JsonException e) when (e.Message.Contains("Duplicate", StringComparison.Ordinal))
        {
            throw new TokenizerException(path, TokenizerError.DuplicateJsonKey,
                $"{e.Message.TrimEnd('.')}; remove one, since readers disagree on which counts.", e);
        }
        catch (JsonException e)
        {
            throw new TokenizerException(path, TokenizerError.InvalidJson, $"{e.Message.TrimEnd('.')}; download the file again.", e);
        }
    }

    /// <summary>Builds the tokenizer that a file describes, for a model whose begin and end tokens it must hold.</summary>
    /// <param name="path">The file.</param>
    /// <param name="spec">The model.</param>
    /// <exception cref="TokenizerException">The file is broken, not supported, or not this model's.</exception>
    public static ITokenizer Load(string path, ModelSpec spec)
    {
        ITokenizer tokenizer = Load(path, spec.VocabularySize);
        CheckSpecialIds(path, tokenizer, [
            .. spec.BeginToken is { } begin ? [("bos_token_id", begin)] : Array.Empty<(string, int)>(),
            .. spec.EndTokens.Select(id => ("eos_token_id", id))]);
        return tokenizer;
    }

    /// <summary>Checks that special ids from elsewhere, such as <c>config.json</c>, are in the vocabulary.</summary>
    /// <param name="path">The tokenizer's file, for the message.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="specialIds">The ids and what they are called there, such as <c>eos_token_id</c>.</param>
    /// <exception cref="TokenizerException">An id is not in the vocabulary.</exception>
    public static void CheckSpecialIds(string path, ITokenizer tokenizer, IEnumerable<(string Name, int Id)> specialIds)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(specialIds);
        foreach ((string name, int id) in specialIds)
        {
            if (id < 0 || id >= tokenizer.VocabularySize)
            {
                throw new TokenizerException(path, TokenizerError.SpecialTokenMismatch,
                    $"{name} is {id}, but the vocabulary has ids 0 to {tokenizer.VocabularySize - 1}; " +
                    "use the tokenizer and config of one checkpoint.");
            }
        }
    }

    private static JsonDocument Parse(byte[] bytes)
    {
        try
        {
            return JsonDocument.Parse(bytes, new() { AllowDuplicateProperties = false });
        }
        catch (InvalidOperationException e) // a name with half a surrogate pair, which comparing names stumbles over
        {
            throw new JsonException(e.Message, e);
        }
    }
}
