namespace Weir.Engine.Tokenizers;

/// <summary>Reads a pattern: a literal or a regular expression.</summary>
internal static class PatternReader
{
    public static Pattern Read(JsonScope pattern)
    {
        pattern.AllowOnly("String", "Regex");
        if (pattern.Find("String") is { } literal)
            return new LiteralPattern(NotEmpty(literal));
        JsonScope scope = pattern.Get("Regex");
        string regex = NotEmpty(scope);
        if (regex == Gpt2Pattern.Text)
            return new Gpt2Pattern();
        if (Cl100kPattern.TryParse(regex) is { } known)
            return known;
        try
        {
            return new RegexPattern(regex, scope.File);
        }
        catch (FormatException e)
        {
            throw scope.Unsupported($"the pattern '{regex}' with {e.Message}");
        }
    }

    private static string NotEmpty(JsonScope pattern) =>
        pattern.Text() is { Length: > 0 } text ? text : throw pattern.Unsupported("an empty pattern");
}
