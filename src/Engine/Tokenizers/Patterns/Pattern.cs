namespace Weir.Engine.Tokenizers;

/// <summary>A pattern that a tokenizer file splits or replaces by.</summary>
internal abstract class Pattern
{
    /// <summary>Adds the matches, from left to right and without overlap.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="matches">Takes the matches.</param>
    public abstract void FindMatches(ReadOnlySpan<char> text, List<TextRange> matches);
}
