using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Analysis.Sweeps;

/// <summary>
/// Activation patching (Meng et al. 2022; Wang et al. 2023): a corrupted prompt is run with one activation at a time put
/// back to what it is in the clean prompt. The variants of a sweep over the corrupted prompt; both prompts have the same
/// number of tokens.
/// </summary>
public static class ActivationPatching
{
    /// <summary>Makes the variants: layer by layer, and head by head where the site has heads.</summary>
    /// <param name="model">The model.</param>
    /// <param name="clean">Token ids of the clean prompt.</param>
    /// <param name="site">
    /// A site of the residual stream or of heads: resid_pre, resid_mid, attn_out, mlp_out, z, q, k, v, or an attention map,
    /// attn_scores or pattern, of which a head's rows are put back, a position being that of the query.
    /// </param>
    /// <param name="byPosition">One variant a position; else one for all positions together.</param>
    /// <exception cref="WeirException">The model has no such site.</exception>
    public static IReadOnlyList<Variant> Variants(Model model, IReadOnlyList<int> clean, LayeredSite site, bool byPosition)
    {
        // A map is [heads, queries, keys], everything else [positions, heads, size].
        bool isMap = SiteCatalog.Info(site[0].Point).Dimensions is null;
        int[] sizes = SiteCatalog.Info(site[0].Point).Dimensions?.Invoke(model.Spec) ?? [model.Spec.Attention.Heads, clean.Count];
        using ForwardResult run = model.Forward(clean, new HookSet().Capture(site.AllLayers), new ForwardOptions { Logits = LogitRows.None });
        var variants = new List<Variant>();
        for (int l = 0; l < model.Spec.Layers; l++)
        {
            int heads = sizes.Length == 2 ? sizes[0] : 0;
            float[] values = model.Device.Read<float>(run[site[l]]);
            for (int h = 0; h < Math.Max(heads, 1); h++)
            {
                int? head = heads > 0 ? h : null;
                string name = heads > 0 ? $"{site[l].Name}[{h}]" : site[l].Name;
                int width = sizes[^1];
                float[] rows = isMap ? values[(h * clean.Count * width)..((h + 1) * clean.Count * width)] : Rows(values, clean.Count, width, heads, h);
                if (!byPosition)
                {
                    variants.Add(new Variant(name, [Edit.Replace(site[l], rows) with { Head = head, Positions = ..clean.Count }]));
                    continue;
                }

                for (int p = 0; p < clean.Count; p++)
                {
                    variants.Add(new Variant($"{name}@{p}", [Edit.Replace(site[l], rows[(p * width)..((p + 1) * width)]) with { Head = head, Positions = p..(p + 1) }]));
                }
            }
        }

        return variants;
    }

    // A head's rows [positions, width] of [positions, heads, width].
    private static float[] Rows(float[] values, int positions, int width, int heads, int head)
    {
        if (heads == 0)
        {
            return values;
        }

        float[] rows = new float[positions * width];
        for (int p = 0; p < positions; p++)
        {
            values.AsSpan(((p * heads) + head) * width, width).CopyTo(rows.AsSpan(p * width));
        }

        return rows;
    }
}
