namespace Weir.Engine.Tokenizers;

/// <summary>Writes marks as spaces; those of the first token vanish if the pre-tokenizer may have put them there.</summary>
internal sealed class MetaspaceStep(char mark, bool dropInFirst) : DecodeStep
{
    private bool _drop = dropInFirst;

    public override void Text(ReadOnlySpan<char> text)
    {
        while (text.IndexOf(mark) is >= 0 and int at)
        {
            Next.Text(text[..at]);
            if (!_drop)
                Next.Text(" ");
            text = text[(at + 1)..];
        }
        Next.Text(text);
    }

    public override void EndToken()
    {
        _drop = false;
        Next.EndToken();
    }

    public override void Finish() => Next.Finish();
}
