namespace Weir.Engine.Tokenizers;

/// <summary>Rewrites a stretch of text before it is split.</summary>
internal abstract class Normalizer
{
    /// <summary>Rewrites the text.</summary>
    /// <param name="text">Well-formed UTF-16, not empty.</param>
    /// <param name="leading">
    /// How many of the first UTF-16 units stem from the first character of the input; Metaspace asks for it later.
    /// </param>
    public abstract string Normalize(string text, ref int leading);
}
