using System.Diagnostics.CodeAnalysis;

namespace Weir.Engine.Tokenizers;

/// <summary>
/// Decodes token by token. What <see cref="Append"/> returned so far is always a prefix of what decoding all the ids
/// at once gives; text that later tokens may still change, such as half a character, is held back.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "A stream of tokens, as generation calls it; not a System.IO.Stream.")]
public abstract class TokenStream
{
    private protected TokenStream()
    {
    }

    /// <summary>Takes the next token.</summary>
    /// <returns>The text that has become certain; may be empty.</returns>
    public abstract string Append(int id);

    /// <summary>Ends the stream.</summary>
    /// <returns>The text still held back; bytes that never became a character read U+FFFD.</returns>
    public abstract string Finish();
}
