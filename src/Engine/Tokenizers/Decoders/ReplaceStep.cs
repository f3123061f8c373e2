namespace Weir.Engine.Tokenizers;

/// <summary>Replaces the matches of a pattern inside each token.</summary>
internal sealed class ReplaceStep(Pattern pattern, string content) : WholeTokenStep
{
    private readonly List<TextRange> _matches = [];

    protected override void Take(ReadOnlySpan<char> token)
    {
        _matches.Clear();
        if (!token.IsEmpty)
            pattern.FindMatches(token, _matches);
        if (_matches.Count == 0)
            Pass(token);
        else
            Pass(ReplaceNormalizer.Replace(token.ToString(), _matches, content));
    }
}
