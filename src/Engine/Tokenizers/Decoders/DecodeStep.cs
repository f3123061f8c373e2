namespace Weir.Engine.Tokenizers;

/// <summary>
/// A step from pieces to text. It takes tokens, each as text in one or more portions and then its end, and passes
/// tokens on as soon as they are certain; the same steps decode all at once and in a stream.
/// </summary>
internal abstract class DecodeStep
{
    private DecodeStep? _next;

    protected DecodeStep Next => _next ?? throw new InvalidOperationException("The last step has no next one.");

    /// <summary>Puts a step behind this one.</summary>
    /// <returns>That step.</returns>
    public DecodeStep Then(DecodeStep next) => _next = next;

    /// <summary>Takes a portion of the current token.</summary>
    public abstract void Text(ReadOnlySpan<char> text);

    /// <summary>Ends the current token.</summary>
    public abstract void EndToken();

    /// <summary>Ends the whole; what was held back goes on.</summary>
    public abstract void Finish();
}
