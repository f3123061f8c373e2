using Weir.Engine.Families;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;

namespace Weir.Analysis.Sweeps;

/// <summary>The interventions that most sweeps consist of, named by their sites.</summary>
public static class NamedVariants
{
    /// <summary>Each block left out in turn.</summary>
    public static IEnumerable<Variant> SkipBlocks(ModelSpec spec, Range positions) => Each(spec, Site.ResidualPost, positions);

    /// <summary>Each block's attention left out in turn; its MLP then sees the block's input alone.</summary>
    public static IEnumerable<Variant> SkipAttention(ModelSpec spec, Range positions) => Each(spec, Site.AttentionOut, positions);

    /// <summary>Each block's MLP left out in turn.</summary>
    public static IEnumerable<Variant> SkipMlps(ModelSpec spec, Range positions) => Each(spec, Site.MlpOut, positions);

    /// <summary>Each attention head's output set to 0 in turn.</summary>
    public static IEnumerable<Variant> ZeroHeads(ModelSpec spec, Range positions) =>
        from l in Enumerable.Range(0, spec.Layers)
        from h in Enumerable.Range(0, spec.Attention.Heads)
        select new Variant($"{Site.Z[l].Name}[{h}]", [Edit.Zero(Site.Z[l]) with { Head = h, Positions = positions }]);

    private static IEnumerable<Variant> Each(ModelSpec spec, LayeredSite site, Range positions) =>
        Enumerable.Range(0, spec.Layers).Select(l => new Variant(site[l].Name, [Edit.Skip(site[l]) with { Positions = positions }]));
}
