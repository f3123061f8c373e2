namespace Weir.Engine.Tokenizers;

/// <summary>Takes up to so many of a character off the beginning of each token.</summary>
internal sealed class StripLeftStep(char character, int most) : DecodeStep
{
    private int _taken;

    public override void Text(ReadOnlySpan<char> text)
    {
        int start = 0;
        while (start < text.Length && _taken < most && text[start] == character)
        {
            start++;
            _taken++;
        }
        if (start < text.Length)
            _taken = most; // the beginning is over
        Next.Text(text[start..]);
    }

    public override void EndToken()
    {
        _taken = 0;
        Next.EndToken();
    }

    public override void Finish() => Next.Finish();
}
