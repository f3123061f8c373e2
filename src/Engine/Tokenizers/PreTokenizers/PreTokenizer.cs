namespace Weir.Engine.Tokenizers;

/// <summary>Splits the text into the words that the model encodes one by one, or rewrites them.</summary>
internal abstract class PreTokenizer
{
    public void Apply(TextSegments source, TextSegments target)
    {
        target.Clear();
        for (int i = 0; i < source.Count; i++)
        {
            Segment segment = source[i];
            if (segment.Token >= 0)
                target.AddToken(segment.Token);
            else
                Split(source.Text(segment), segment.Leading, target);
        }
    }

    /// <summary>Adds the parts of one segment.</summary>
    /// <param name="text">Well-formed UTF-16, not empty.</param>
    /// <param name="leading">How many of its first units stem from the first character of the input.</param>
    /// <param name="target">Takes the parts, in order.</param>
    protected abstract void Split(ReadOnlySpan<char> text, int leading, TextSegments target);
}
