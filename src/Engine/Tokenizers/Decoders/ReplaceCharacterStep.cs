namespace Weir.Engine.Tokenizers;

/// <summary>Replaces a character, which needs no look at the rest of the token.</summary>
internal sealed class ReplaceCharacterStep(char character, string content) : DecodeStep
{
    public override void Text(ReadOnlySpan<char> text)
    {
        while (text.IndexOf(character) is >= 0 and int at)
        {
            Next.Text(text[..at]);
            Next.Text(content);
            text = text[(at + 1)..];
        }
        Next.Text(text);
    }

    public override void EndToken() => Next.EndToken();

    public override void Finish() => Next.Finish();
}
