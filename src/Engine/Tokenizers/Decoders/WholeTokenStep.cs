using System.Runtime.InteropServices;

namespace Weir.Engine.Tokenizers;

/// <summary>A step that needs the whole token to decide.</summary>
internal abstract class WholeTokenStep : DecodeStep
{
    private readonly List<char> _token = [];

    public sealed override void Text(ReadOnlySpan<char> text) => _token.AddRange(text);

    public sealed override void EndToken()
    {
        Take(CollectionsMarshal.AsSpan(_token));
        _token.Clear();
    }

    public override void Finish() => Next.Finish();

    /// <summary>Takes a token.</summary>
    protected abstract void Take(ReadOnlySpan<char> token);

    /// <summary>Passes a token on.</summary>
    protected void Pass(ReadOnlySpan<char> token)
    {
        Next.Text(token);
        Next.EndToken();
    }
}
