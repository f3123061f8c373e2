namespace Weir.Engine.Tokenizers;

/// <summary>
/// Turns text into token ids and back, exactly as the checkpoint's <c>tokenizer.json</c> says.
/// An instance never changes and may be used from several threads at once.
/// </summary>
public interface ITokenizer
{
    /// <summary>The highest token id plus one, added tokens included.</summary>
    int VocabularySize { get; }

    /// <summary>The token ids of a text. Lone surrogates are read as U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecialTokens">
    /// Whether the file's post-processor puts its special tokens around the text (a BOS token, say). Special tokens
    /// spelled out in the text itself are recognised either way.
    /// </param>
    int[] Encode(string text, bool addSpecialTokens);

    /// <summary>The text of token ids. Ids that the vocabulary lacks, such as padding rows of an embedding, give no text.</summary>
    /// <param name="ids">The token ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens);

    /// <summary>Begins decoding token by token, for text that is shown while it is generated.</summary>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    TokenStream Stream(bool skipSpecialTokens);

    /// <summary>
    /// What the token alone decodes to, for display: bytes that are no whole character read <c>&lt;0xE4&gt;</c>,
    /// and an id that the vocabulary lacks reads <c>[token 50300]</c>.
    /// </summary>
    string TokenText(int id);

    /// <summary>The token as the vocabulary spells it, such as <c>Ġthe</c> or <c>▁the</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    string Piece(int id);

    /// <summary>The id of a token spelled as in the vocabulary, or null where there is none.</summary>
    int? IdOf(string piece);

    /// <summary>Whether the file marks the token as special, so that decoding can leave it out.</summary>
    bool IsSpecial(int id);
}
