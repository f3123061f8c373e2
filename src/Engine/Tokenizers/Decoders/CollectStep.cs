using System.Text;

namespace Weir.Engine.Tokenizers;

/// <summary>The last step: keeps the text until it is taken.</summary>
internal sealed class CollectStep : DecodeStep
{
    private readonly StringBuilder _text = new();

    public string TakeText()
    {
        string text = _text.ToString();
        _text.Clear();
        return text;
    }

    public override void Text(ReadOnlySpan<char> text) => _text.Append(text);

    public override void EndToken()
    {
        // Tokens follow each other without anything between.
    }

    public override void Finish()
    {
        // Nothing is held back here.
    }
}
