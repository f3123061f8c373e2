namespace Weir.Engine.Tokenizers;

/// <summary>What is wrong with a tokenizer file.</summary>
public enum TokenizerError
{
    /// <summary>The file cannot be read.</summary>
    Unreadable,

    /// <summary>The file is not JSON, or its JSON does not describe a tokenizer.</summary>
    InvalidJson,

    /// <summary>A JSON object names a key twice.</summary>
    DuplicateJsonKey,

    /// <summary>The file asks for something that Weir does not do and that would change the result.</summary>
    UnsupportedOption,

    /// <summary>A token id lies outside the embedding. Messages call it <c>TokenizerOutOfRange</c>.</summary>
    OutOfRange,

    /// <summary>Two tokens share an id, or a token has two ids.</summary>
    DuplicateToken,

    /// <summary>A special token is not in the vocabulary.</summary>
    SpecialTokenMismatch,
}
