namespace Weir.Engine.Generation;

/// <summary>Watches streamed text for stop texts and holds back what may be the beginning of one.</summary>
internal sealed class StopText(IReadOnlyList<string> stops)
{
    private string _held = "";

    /// <summary>Takes new text; returns what may be shown, and whether a stop text was found.</summary>
    public (string Text, bool Stopped) Append(string text)
    {
        if (stops.Count == 0)
        {
            return (text, false);
        }

        _held += text;
        int first = stops.Where(s => s.Length > 0).Select(s => _held.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(-1).Min();
        if (first >= 0)
        {
            string before = _held[..first];
            _held = "";
            return (before, true);
        }

        int keep = stops.Max(LongestBeginningHeld);
        string shown = _held[..^keep];
        _held = _held[^keep..];
        return (shown, false);
    }

    /// <summary>The text held back, when nothing follows any more.</summary>
    public string Finish()
    {
        string rest = _held;
        _held = "";
        return rest;
    }

    private int LongestBeginningHeld(string stop)
    {
        for (int n = Math.Min(stop.Length - 1, _held.Length); n > 0; n--)
        {
            if (_held.EndsWith(stop[..n], StringComparison.Ordinal))
            {
                return n;
            }
        }

        return 0;
    }
}
