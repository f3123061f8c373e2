using System.Globalization;

namespace Weir.Engine.Hooks;

/// <summary>A place in the forward pass: a kind of point and, for most kinds, a layer or all of them.</summary>
/// <param name="Point">The kind.</param>
/// <param name="Layer">The layer; <see cref="EveryLayer"/> for all; 0 where the kind has no layers.</param>
public readonly record struct Site(SitePoint Point, int Layer)
{
    /// <summary>Stands for all layers.</summary>
    public const int EveryLayer = -1;

    /// <summary>Token embedding: hook_embed.</summary>
    public static Site Embed => new(SitePoint.Embed, 0);

    /// <summary>Logits.</summary>
    public static Site Logits => new(SitePoint.Logits, 0);

    /// <summary>ln_final.hook_scale.</summary>
    public static Site FinalNormScale => new(SitePoint.LnFinalScale, 0);

    /// <summary>ln_final.hook_normalized.</summary>
    public static Site FinalNormNormalized => new(SitePoint.LnFinalNormalized, 0);

    /// <summary>blocks.{l}.hook_resid_pre.</summary>
    public static LayeredSite ResidualPre => new(SitePoint.ResidualPre);

    /// <summary>blocks.{l}.hook_resid_mid.</summary>
    public static LayeredSite ResidualMid => new(SitePoint.ResidualMid);

    /// <summary>blocks.{l}.hook_resid_post.</summary>
    public static LayeredSite ResidualPost => new(SitePoint.ResidualPost);

    /// <summary>blocks.{l}.hook_attn_out.</summary>
    public static LayeredSite AttentionOut => new(SitePoint.AttentionOut);

    /// <summary>blocks.{l}.hook_mlp_out.</summary>
    public static LayeredSite MlpOut => new(SitePoint.MlpOut);

    /// <summary>blocks.{l}.attn.hook_q.</summary>
    public static LayeredSite Query => new(SitePoint.Query);

    /// <summary>blocks.{l}.attn.hook_k.</summary>
    public static LayeredSite Key => new(SitePoint.Key);

    /// <summary>blocks.{l}.attn.hook_v.</summary>
    public static LayeredSite Value => new(SitePoint.Value);

    /// <summary>blocks.{l}.attn.hook_rot_q.</summary>
    public static LayeredSite RotatedQuery => new(SitePoint.RotatedQuery);

    /// <summary>blocks.{l}.attn.hook_rot_k.</summary>
    public static LayeredSite RotatedKey => new(SitePoint.RotatedKey);

    /// <summary>blocks.{l}.attn.hook_attn_scores.</summary>
    public static LayeredSite AttentionScores => new(SitePoint.AttentionScores);

    /// <summary>blocks.{l}.attn.hook_pattern.</summary>
    public static LayeredSite Pattern => new(SitePoint.Pattern);

    /// <summary>blocks.{l}.attn.hook_z.</summary>
    public static LayeredSite Z => new(SitePoint.Z);

    /// <summary>blocks.{l}.attn.hook_result.</summary>
    public static LayeredSite Result => new(SitePoint.Result);

    /// <summary>blocks.{l}.mlp.hook_pre.</summary>
    public static LayeredSite MlpPre => new(SitePoint.MlpPre);

    /// <summary>blocks.{l}.mlp.hook_pre_linear.</summary>
    public static LayeredSite MlpPreLinear => new(SitePoint.MlpPreLinear);

    /// <summary>blocks.{l}.mlp.hook_post.</summary>
    public static LayeredSite MlpPost => new(SitePoint.MlpPost);

    /// <summary>The TransformerLens name; a star stands for all layers.</summary>
    public string Name => SiteCatalog.Info(Point) is { HasLayer: true } info
        ? info.Name.Replace("{l}", Layer == EveryLayer ? "*" : Layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        : SiteCatalog.Info(Point).Name;

    /// <summary>
    /// Reads a TransformerLens name such as blocks.3.hook_resid_post, with * for all layers, or the short form
    /// resid_post.3.
    /// </summary>
    /// <exception cref="SiteException">No site has that name.</exception>
    public static Site Parse(string name) => SiteCatalog.Parse(name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
