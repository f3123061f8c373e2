using Weir.Engine.Families;
using Weir.Engine.Hooks;

namespace Weir.Engine.Sweeps;

/// <summary>One intervention of a sweep: edits that act together on every sequence of a prompt batch.</summary>
/// <param name="Name">Its name in results; different from every other variant's.</param>
/// <param name="Edits">
/// What it does. Positions as anywhere; sequences must be left open, since the sweep says which rows are whose. An edit at
/// all layers is one edit a layer.
/// </param>
public sealed record Variant(string Name, IReadOnlyList<Edit> Edits)
{
    /// <summary>Edits of one layer, those at all layers among them.</summary>
    internal IEnumerable<Edit> At(int layer) => Edits
        .Where(e => SiteCatalog.Info(e.Site.Point).HasLayer && (e.Site.Layer == layer || e.Site.Layer == Site.EveryLayer))
        .Select(e => e with { Site = new Site(e.Site.Point, layer) });

    /// <summary>Edits behind the last block.</summary>
    internal IEnumerable<Edit> AtHead => Edits.Where(e => !SiteCatalog.Info(e.Site.Point).HasLayer);

    /// <summary>
    /// The first block that the variant must run on rows of its own; the number of layers where it begins behind the last.
    /// What only changes a block's output begins with the next block: its state is made from the baseline's.
    /// </summary>
    internal int FirstBlock(ModelSpec spec)
    {
        for (int l = 0; l < spec.Layers; l++)
        {
            Edit[] here = [.. At(l)];
            if (here.Length > 0)
            {
                return here.All(e => e.Site.Point == SitePoint.ResidualPost) ? l + 1 : l;
            }
        }

        return spec.Layers;
    }

    /// <summary>Checks a variant against a model.</summary>
    /// <exception cref="Kernels.WeirException">It has no edit, or one that a sweep cannot place.</exception>
    internal void Check(ModelSpec spec)
    {
        if (Edits.Count == 0)
        {
            throw new Kernels.WeirException($"EmptyVariant: the variant {Name} has no edit; the baseline is part of every sweep by itself.");
        }

        foreach (Edit edit in Edits)
        {
            _ = SiteCatalog.Expand(edit.Site, spec);
            if (edit.Sequences is not null)
            {
                throw new Kernels.WeirException($"InvalidVariant: the variant {Name} names sequences; a sweep runs every variant on every prompt.");
            }

            if (edit.Site.Point == SitePoint.Embed)
            {
                throw new Kernels.WeirException($"InvalidVariant: the variant {Name} edits hook_embed; edit blocks.0.hook_resid_pre instead.");
            }
        }
    }
}
