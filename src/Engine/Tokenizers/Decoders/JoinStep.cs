namespace Weir.Engine.Tokenizers;

/// <summary>Puts a space between tokens: what a file without a decoder asks for.</summary>
internal sealed class JoinStep : DecodeStep
{
    private bool _between;

    public override void Text(ReadOnlySpan<char> text)
    {
        if (_between)
            Next.Text(" ");
        _between = false;
        Next.Text(text);
    }

    public override void EndToken() => _between = true;

    public override void Finish() => Next.Finish();
}
