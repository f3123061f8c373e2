using Weir.Engine.Families;

namespace Weir.Engine.Hooks;

/// <summary>What is known of a kind of site.</summary>
/// <param name="Point">The kind.</param>
/// <param name="Name">TransformerLens name with {l} for the layer.</param>
/// <param name="Dimensions">Sizes after the rows, for a model; null for attention maps, whose sizes a batch gives.</param>
/// <param name="Missing">Why a model has no such site, or null where it has one.</param>
public sealed record SiteInfo(
    SitePoint Point, string Name, Func<ModelSpec, int[]>? Dimensions, Func<ModelSpec, string?> Missing)
{
    /// <summary>True where every block has one.</summary>
    public bool HasLayer => Name.Contains("{l}", StringComparison.Ordinal);

    /// <summary>Elements of one row.</summary>
    public int Width(ModelSpec spec) => Dimensions!(spec).Aggregate(1, (a, b) => a * b);

    /// <summary>The shape as documentation writes it.</summary>
    public string ShapeText(ModelSpec spec) => Dimensions is null
        ? $"[{spec.Attention.Heads}, queries, keys]"
        : $"[tokens, {string.Join(", ", Dimensions(spec))}]";
}
