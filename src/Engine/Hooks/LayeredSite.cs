namespace Weir.Engine.Hooks;

/// <summary>A kind of point that every block has: index it with a layer.</summary>
/// <param name="Point">The kind.</param>
public readonly record struct LayeredSite(SitePoint Point)
{
    /// <summary>The site of every layer.</summary>
    public Site AllLayers => new(Point, Site.EveryLayer);

    /// <summary>The site of one layer.</summary>
    public Site this[int layer] => new(Point, layer);
}
