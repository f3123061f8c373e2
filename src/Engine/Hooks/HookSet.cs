namespace Weir.Engine.Hooks;

/// <summary>What a caller wants of a forward pass: captures, edits and taps. Order matters among edits of one site.</summary>
public sealed class HookSet
{
    private readonly List<Site> _captures = [];
    private readonly List<Edit> _edits = [];
    private readonly List<(Site Site, TapHandler Handler, bool Recordable)> _taps = [];

    /// <summary>A new set that wants nothing.</summary>
    public static HookSet None => new();

    /// <summary>Sites to keep.</summary>
    public IReadOnlyList<Site> Captures => _captures;

    /// <summary>Changes.</summary>
    public IReadOnlyList<Edit> Edits => _edits;

    /// <summary>The caller's code.</summary>
    public IReadOnlyList<(Site Site, TapHandler Handler, bool Recordable)> Taps => _taps;

    /// <summary>Keeps a site's values, as they are after its edits.</summary>
    public HookSet Capture(params ReadOnlySpan<Site> sites)
    {
        foreach (Site site in sites)
        {
            _captures.Add(site);
        }

        return this;
    }

    /// <summary>Keeps the values of the sites that TransformerLens names or patterns stand for.</summary>
    public HookSet Capture(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            _captures.Add(Site.Parse(name));
        }

        return this;
    }

    /// <summary>Changes values.</summary>
    public HookSet Edit(params ReadOnlySpan<Edit> edits)
    {
        foreach (Edit edit in edits)
        {
            _edits.Add(edit);
        }

        return this;
    }

    /// <summary>Runs code at a site, after its edits.</summary>
    /// <param name="site">Where.</param>
    /// <param name="handler">The code.</param>
    /// <param name="recordable">
    /// True for code that does nothing but call the device's ops or launch kernels, on memory that is there already. While
    /// generating, a device may then record a step, with what this code launches in it, and run it for the next tokens
    /// without calling this code again. All other code is called at every step, and a device records nothing.
    /// </param>
    public HookSet Tap(Site site, TapHandler handler, bool recordable = false)
    {
        _taps.Add((site, handler, recordable));
        return this;
    }
}
