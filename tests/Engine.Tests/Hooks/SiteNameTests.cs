using Weir.Engine.Hooks;

namespace Weir.Engine.Tests.Hooks;

/// <summary>TransformerLens' names are read and written.</summary>
public sealed class SiteNameTests
{
    [Theory]
    [InlineData("hook_embed", SitePoint.Embed, 0)]
    [InlineData("embed", SitePoint.Embed, 0)]
    [InlineData("blocks.3.hook_resid_pre", SitePoint.ResidualPre, 3)]
    [InlineData("blocks.3.hook_resid_mid", SitePoint.ResidualMid, 3)]
    [InlineData("blocks.12.hook_resid_post", SitePoint.ResidualPost, 12)]
    [InlineData("blocks.*.hook_attn_out", SitePoint.AttentionOut, Site.EveryLayer)]
    [InlineData("blocks.0.hook_mlp_out", SitePoint.MlpOut, 0)]
    [InlineData("blocks.0.attn.hook_q", SitePoint.Query, 0)]
    [InlineData("blocks.0.attn.hook_rot_k", SitePoint.RotatedKey, 0)]
    [InlineData("blocks.0.attn.hook_attn_scores", SitePoint.AttentionScores, 0)]
    [InlineData("blocks.0.attn.hook_pattern", SitePoint.Pattern, 0)]
    [InlineData("blocks.0.attn.hook_result", SitePoint.Result, 0)]
    [InlineData("blocks.0.mlp.hook_pre", SitePoint.MlpPre, 0)]
    [InlineData("blocks.0.mlp.hook_pre_linear", SitePoint.MlpPreLinear, 0)]
    [InlineData("blocks.0.ln1.hook_scale", SitePoint.Ln1Scale, 0)]
    [InlineData("blocks.0.ln2.hook_normalized", SitePoint.Ln2Normalized, 0)]
    [InlineData("ln_final.hook_normalized", SitePoint.LnFinalNormalized, 0)]
    [InlineData("logits", SitePoint.Logits, 0)]
    [InlineData("resid_post.3", SitePoint.ResidualPost, 3)]
    [InlineData("z.*", SitePoint.Z, Site.EveryLayer)]
    [InlineData("mlp.post.2", SitePoint.MlpPost, 2)]
    public void NamesAreRead(string name, SitePoint point, int layer)
    {
        Site site = Site.Parse(name);
        Assert.Equal(new Site(point, layer), site);
        Assert.Equal(site, Site.Parse(site.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("blocks.hook_resid_post")]
    [InlineData("blocks.-1.hook_resid_post")]
    [InlineData("blocks.x.hook_resid_post")]
    [InlineData("blocks.1.hook_resid_past")]
    [InlineData("resid_post")]
    public void OtherNamesAreNamedErrors(string name) =>
        Assert.Contains("UnknownSite", Assert.Throws<SiteException>(() => Site.Parse(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void EveryKindHasOneRowAndItsOwnName()
    {
        Assert.Equal(Enum.GetValues<SitePoint>(), SiteCatalog.All.Select(i => i.Point));
        Assert.Equal(SiteCatalog.All.Count, SiteCatalog.All.Select(i => i.Name).Distinct().Count());
    }
}
