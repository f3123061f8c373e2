using Weir.Engine.Families;
using Weir.Engine.Hooks;

namespace Weir.Engine.Sweeps;

/// <summary>One intervention of a sweep: edits that act together on every sequence of a prompt batch.</summary>
/// <param name="Name">Its name in results; different from every other variant's.</param>
/// <param name="Edits">
/// What it does. Positions as anywhere; an edit that names sequences acts on those prompts of the sweep alone, so that one
/// variant can act at other positions of every prompt. An edit at all layers is one edit a layer.
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

    /// <summary>True where some edit acts on the prompt.</summary>
    internal bool ActsOn(int prompt) => Edits.Any(e => e.Sequences?.Contains(prompt) ?? true);

    /// <summary>The same variant where only some prompts are left, which its edits then name by their places in the list.</summary>
    internal Variant On(IReadOnlyList<int> prompts)
    {
        if (Edits.All(e => e.Sequences is null))
        {
            return this;
        }

        var edits = new List<Edit>();
        foreach (Edit edit in Edits)
        {
            if (edit.Sequences is not { } named)
            {
                edits.Add(edit);
                continue;
            }

            (int Place, int Index)[] left = [.. Enumerable.Range(0, prompts.Count)
                .Select(place => (place, Enumerable.Range(0, named.Count).FirstOrDefault(i => named[i] == prompts[place], -1)))
                .Where(x => x.Item2 >= 0)];
            if (left.Length > 0)
            {
                edits.Add(edit with
                {
                    Sequences = [.. left.Select(x => x.Place)],
                    Coefficients = edit.Coefficients.Count == 1 ? edit.Coefficients : [.. left.Select(x => edit.Coefficients[x.Index])],
                });
            }
        }

        return this with { Edits = edits };
    }

    /// <summary>Checks a variant against a model and a number of prompts.</summary>
    /// <exception cref="Kernels.WeirException">It has no edit, or one that a sweep cannot place.</exception>
    internal void Check(ModelSpec spec, int prompts)
    {
        if (Edits.Count == 0)
        {
            throw new Kernels.WeirException($"EmptyVariant: the variant {Name} has no edit; the baseline is part of every sweep by itself.");
        }

        foreach (Edit edit in Edits)
        {
            _ = SiteCatalog.Expand(edit.Site, spec);
            if (edit.Sequences is { } named && named.Any(s => (uint)s >= (uint)prompts))
            {
                throw new Kernels.WeirException($"InvalidVariant: the variant {Name} names a prompt that is not among the {prompts} of the sweep, which count from 0.");
            }

            if (edit.Site.Point == SitePoint.Embed)
            {
                throw new Kernels.WeirException($"InvalidVariant: the variant {Name} edits hook_embed; edit blocks.0.hook_resid_pre instead.");
            }
        }
    }
}
