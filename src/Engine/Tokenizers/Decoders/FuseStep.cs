namespace Weir.Engine.Tokenizers;

/// <summary>Makes one token of them all.</summary>
internal sealed class FuseStep : DecodeStep
{
    public override void Text(ReadOnlySpan<char> text) => Next.Text(text);

    public override void EndToken()
    {
        // The fused token ends where the whole does.
    }

    public override void Finish()
    {
        Next.EndToken();
        Next.Finish();
    }
}
