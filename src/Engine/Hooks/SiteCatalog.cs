using System.Globalization;
using Weir.Engine.Families;

namespace Weir.Engine.Hooks;

/// <summary>Every kind of site, by name: the one table that parsing, checks, shapes and listings read.</summary>
public static class SiteCatalog
{
    private static readonly SiteInfo[] Table = Build();

    /// <summary>All kinds in the order of the forward pass.</summary>
    public static IReadOnlyList<SiteInfo> All => Table;

    /// <summary>What is known of a kind.</summary>
    public static SiteInfo Info(SitePoint point) => Table[(int)point];

    /// <summary>Every site of a model, layer by layer.</summary>
    public static IEnumerable<Site> SitesOf(ModelSpec spec)
    {
        var present = Table.Where(i => i.Missing(spec) is null).ToArray();
        return present.Where(i => i.Point == SitePoint.Embed).Select(i => new Site(i.Point, 0))
            .Concat(Enumerable.Range(0, spec.Layers).SelectMany(l => present.Where(i => i.HasLayer).Select(i => new Site(i.Point, l))))
            .Concat(present.Where(i => !i.HasLayer && i.Point != SitePoint.Embed).Select(i => new Site(i.Point, 0)));
    }

    /// <summary>The sites that a name or pattern stands for in a model.</summary>
    /// <exception cref="SiteException">The model has no such site or layer.</exception>
    public static IEnumerable<Site> Expand(Site site, ModelSpec spec)
    {
        SiteInfo info = Info(site.Point);
        if (info.Missing(spec) is { } reason)
        {
            throw new SiteException(site.Name, $"UnsupportedSite: {site.Name} does not exist in this {spec.Family} model, because {reason}; 'weir inspect' lists its sites.");
        }

        if (!info.HasLayer)
        {
            return [site];
        }

        if (site.Layer != Site.EveryLayer && (uint)site.Layer >= (uint)spec.Layers)
        {
            throw new SiteException(site.Name, $"UnsupportedSite: {site.Name} names layer {site.Layer}, but the model has layers 0 to {spec.Layers - 1}.");
        }

        return site.Layer != Site.EveryLayer ? [site] : Enumerable.Range(0, spec.Layers).Select(l => new Site(site.Point, l));
    }

    /// <summary>Reads a site's name; see <see cref="Site.Parse"/>.</summary>
    /// <exception cref="SiteException">No site has that name.</exception>
    public static Site Parse(string name)
    {
        foreach (SiteInfo info in Table)
        {
            if (Matches(info, name) is { } layer)
            {
                return new Site(info.Point, layer);
            }
        }

        throw new SiteException(name, $"UnknownSite: no site is called '{name}'; names are TransformerLens', such as blocks.3.hook_resid_post or blocks.*.mlp.hook_post, and 'weir inspect' lists them.");
    }

    private static int? Matches(SiteInfo info, string name)
    {
        if (!info.HasLayer)
        {
            return name == info.Name || name == info.Name.Replace("hook_", "", StringComparison.Ordinal) ? 0 : null;
        }

        int cut = info.Name.IndexOf("{l}", StringComparison.Ordinal);
        string head = info.Name[..cut];
        string tail = info.Name[(cut + 3)..];
        string shortName = ShortName(info) + ".";
        string layer = name.StartsWith(head, StringComparison.Ordinal) && name.EndsWith(tail, StringComparison.Ordinal) && name.Length > head.Length + tail.Length
            ? name[head.Length..^tail.Length]
            : name.StartsWith(shortName, StringComparison.Ordinal) ? name[shortName.Length..] : "";
        return layer == "*" ? Site.EveryLayer
            : int.TryParse(layer, NumberStyles.None, CultureInfo.InvariantCulture, out int l) ? l
            : null;
    }

    // resid_post, z, pattern as they are; mlp's and norms' points keep their module: mlp.post, ln1.scale.
    private static string ShortName(SiteInfo info) => info.Name["blocks.{l}.".Length..]
        .Replace("attn.hook_", "", StringComparison.Ordinal).Replace("hook_", "", StringComparison.Ordinal);

    private static SiteInfo[] Build()
    {
        static string? Always(ModelSpec s) => null;
        static int[] Residual(ModelSpec s) => [s.Width];
        static int[] Heads(ModelSpec s) => [s.Attention.Heads, s.Attention.HeadSize];
        static int[] KeyHeads(ModelSpec s) => [s.Attention.KeyValueHeads, s.Attention.HeadSize];
        static int[] Inner(ModelSpec s) => [s.Mlp.Width];
        static int[] One(ModelSpec s) => [1];
        static string? Mid(ModelSpec s) => s.ParallelResidual ? "its attention and MLP run in parallel" : null;
        static string? Rotated(ModelSpec s) => s.Attention.Rope is null ? "it has no rotary positions" : null;
        static string? Linear(ModelSpec s) => s.Mlp.Gated ? null : "its MLP has no gate";
        static string? Front(ModelSpec s) => s.Placement == NormPlacement.SublayerOutput ? "it norms sublayer outputs, not inputs" : null;
        static string? Back(ModelSpec s) => s.Placement is NormPlacement.Sandwich or NormPlacement.SublayerOutput ? null : "it does not norm sublayer outputs";
        static string? Final(ModelSpec s) => s.FinalNorm ? null : "it has no final norm";

        return
        [
            new(SitePoint.Embed, "hook_embed", s => [s.Embedding.Width], Always),
            new(SitePoint.ResidualPre, "blocks.{l}.hook_resid_pre", Residual, Always),
            new(SitePoint.Ln1Scale, "blocks.{l}.ln1.hook_scale", One, Front),
            new(SitePoint.Ln1Normalized, "blocks.{l}.ln1.hook_normalized", Residual, Front),
            new(SitePoint.Query, "blocks.{l}.attn.hook_q", Heads, Always),
            new(SitePoint.Key, "blocks.{l}.attn.hook_k", KeyHeads, Always),
            new(SitePoint.Value, "blocks.{l}.attn.hook_v", KeyHeads, Always),
            new(SitePoint.RotatedQuery, "blocks.{l}.attn.hook_rot_q", Heads, Rotated),
            new(SitePoint.RotatedKey, "blocks.{l}.attn.hook_rot_k", KeyHeads, Rotated),
            new(SitePoint.AttentionScores, "blocks.{l}.attn.hook_attn_scores", null, Always),
            new(SitePoint.Pattern, "blocks.{l}.attn.hook_pattern", null, Always),
            new(SitePoint.Z, "blocks.{l}.attn.hook_z", Heads, Always),
            new(SitePoint.Result, "blocks.{l}.attn.hook_result", s => [s.Attention.Heads, s.Width], Always),
            new(SitePoint.AttentionRaw, "blocks.{l}.attn.hook_out", Residual, Back),
            new(SitePoint.Ln1PostScale, "blocks.{l}.ln1_post.hook_scale", One, Back),
            new(SitePoint.Ln1PostNormalized, "blocks.{l}.ln1_post.hook_normalized", Residual, Back),
            new(SitePoint.AttentionOut, "blocks.{l}.hook_attn_out", Residual, Always),
            new(SitePoint.ResidualMid, "blocks.{l}.hook_resid_mid", Residual, Mid),
            new(SitePoint.Ln2Scale, "blocks.{l}.ln2.hook_scale", One, Front),
            new(SitePoint.Ln2Normalized, "blocks.{l}.ln2.hook_normalized", Residual, Front),
            new(SitePoint.MlpPre, "blocks.{l}.mlp.hook_pre", Inner, Always),
            new(SitePoint.MlpPreLinear, "blocks.{l}.mlp.hook_pre_linear", Inner, Linear),
            new(SitePoint.MlpPost, "blocks.{l}.mlp.hook_post", Inner, Always),
            new(SitePoint.MlpRaw, "blocks.{l}.mlp.hook_out", Residual, Back),
            new(SitePoint.Ln2PostScale, "blocks.{l}.ln2_post.hook_scale", One, Back),
            new(SitePoint.Ln2PostNormalized, "blocks.{l}.ln2_post.hook_normalized", Residual, Back),
            new(SitePoint.MlpOut, "blocks.{l}.hook_mlp_out", Residual, Always),
            new(SitePoint.ResidualPost, "blocks.{l}.hook_resid_post", Residual, Always),
            new(SitePoint.LnFinalScale, "ln_final.hook_scale", One, Final),
            new(SitePoint.LnFinalNormalized, "ln_final.hook_normalized", Residual, Final),
            new(SitePoint.Logits, "logits", s => [s.VocabularySize], Always),
        ];
    }
}
