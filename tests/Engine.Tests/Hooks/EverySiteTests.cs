using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;

namespace Weir.Engine.Tests.Hooks;

/// <summary>Every site of every family is alive, and an edit that has nothing to do changes no bit.</summary>
public sealed class EverySiteTests
{
    // Between them these take every way through a block; what is qwen3's own is the norm of queries and keys.
    private static readonly string[] OnCuda = ["gpt2", "gemma2", "qwen3"];

    public static IEnumerable<TheoryDataRow<string, SitePoint, string>> Sites() =>
        from c in Fixture.Names.Select(name => (Name: name, Device: TestDevices.Cpu)).Concat(OnCuda.Select(name => (Name: name, Device: TestDevices.F32)))
        from info in SiteCatalog.All
        where info.Missing(Fixture.Model(c.Name).Spec) is null
        where c is not { Name: "qwen3", Device: not TestDevices.Cpu } || info.Point is >= SitePoint.Query and <= SitePoint.RotatedKey
        select new TheoryDataRow<string, SitePoint, string>(c.Name, info.Point, c.Device);

    public static IEnumerable<TheoryDataRow<string, SitePoint>> Missing() => Fixture.Names.SelectMany(
        name => SiteCatalog.All.Where(i => i.Missing(Fixture.Model(name).Spec) is not null).Select(i => new TheoryDataRow<string, SitePoint>(name, i.Point)));

    [Theory]
    [MemberData(nameof(Sites))]
    public void AWrittenChangeReachesTheLogits(string name, SitePoint point, string device)
    {
        Model model = Fixture.Model(name, device);
        int[][] prompts = Prompts(name, device);
        Site site = At(model, point);
        float[] plain = Fixture.Logits(model, prompts);
        foreach (Edit edit in Changes(model, site))
        {
            float[] edited = Fixture.Logits(model, prompts, new HookSet().Edit(edit));
            double largest = plain.Zip(edited).Max(p => Math.Abs(p.First - p.Second));
            Assert.True(largest > 1e-3, $"{edit.Action} at {site} moved the logits of {name} by {largest} only.");
        }

        float[] tapped = Fixture.Logits(model, prompts, new HookSet().Tap(site, Change));
        Assert.True(plain.Zip(tapped).Max(p => Math.Abs(p.First - p.Second)) > 1e-3, $"a tap's write at {site} did not reach the logits of {name}");
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public void AnEditWithNothingToDoChangesNoBit(string name, SitePoint point, string device)
    {
        Model model = Fixture.Model(name, device);
        int[][] prompts = Prompts(name, device);
        Site site = At(model, point);
        float[] plain = Fixture.Logits(model, prompts);
        foreach (Edit edit in Identities(model, site, prompts))
        {
            Fixture.SameBits(plain, Fixture.Logits(model, prompts, new HookSet().Edit(edit)), $"{edit.Action} at {site} of {name}");
        }

        Fixture.SameBits(plain, Fixture.Logits(model, prompts, new HookSet().Tap(site, _ => { })), $"an empty tap at {site} of {name}");
        Fixture.SameBits(plain, Fixture.Logits(model, prompts, new HookSet().Capture(site)), $"a capture of {site} of {name}");
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public void ACaptureAndATapSeeTheSameValueAndItDoesNotDependOnOtherHooks(string name, SitePoint point, string device)
    {
        Model model = Fixture.Model(name, device);
        int[][] prompts = Prompts(name, device);
        Site site = At(model, point);
        float[] alone = Fixture.Captured(model, prompts, site);
        float[] tapped = [];
        Fixture.Logits(model, prompts, new HookSet().Tap(site, c => tapped = Fixture.Read(model, c.Value)));
        Fixture.SameBits(alone, tapped, $"the tap at {site} of {name}");

        var all = new HookSet().Capture([.. SiteCatalog.SitesOf(model.Spec)]);
        using ForwardResult run = model.Forward(prompts, all);
        Fixture.SameBits(alone, Fixture.Read(model, run[site]), $"{site} of {name} captured with all other sites");
        Assert.Equal(SiteCatalog.SitesOf(model.Spec).Count(), run.Sites.Count);
    }

    [Theory]
    [MemberData(nameof(Missing))]
    public void ASiteThatTheModelLacksIsANamedError(string name, SitePoint point)
    {
        Model model = Fixture.Model(name);
        var hooks = new HookSet().Capture(At(model, point));
        SiteException error = Assert.Throws<SiteException>(() => model.Forward(Fixture.Prompts(name), hooks));
        Assert.Contains("UnsupportedSite", error.Message, StringComparison.Ordinal);
        Assert.Contains(SiteCatalog.Info(point).Missing(model.Spec)!, error.Message, StringComparison.Ordinal);
    }

    // The emulator takes its time.
    private static int[][] Prompts(string name, string device) =>
        device == TestDevices.Cpu ? Fixture.Prompts(name) : [.. Fixture.Prompts(name).Select(p => p[..6])];

    // A middle layer; the first has nothing before it and the last nothing after.
    private static Site At(Model model, SitePoint point) => new(point, SiteCatalog.Info(point).HasLayer ? model.Spec.Layers / 2 : 0);

    private static void Change(TapContext context) =>
        Fixture.Change(context, x => float.IsNegativeInfinity(x) ? x : (x * 1.5f) + 0.25f);

    private static IEnumerable<Edit> Changes(Model model, Site site)
    {
        SiteInfo info = SiteCatalog.Info(site.Point);
        if (info.Dimensions is null)
        {
            // A shift of all scores of a row is none after the softmax: change the first key alone.
            yield return Edit.Add(site, [2f]) with { Columns = 0..1 };
            yield return Edit.Replace(site, [0.75f]) with { Columns = 0..1 };
            yield return Edit.Scale(site, site.Point == SitePoint.Pattern ? 0.5f : 3f);
            yield return Edit.Zero(site) with { Columns = 0..1, Head = 1 };
            yield return Edit.Clamp(site, 0.125f, 0.25f) with { Columns = 0..2 };
            yield break;
        }

        int width = info.Width(model.Spec);
        float[] vector = Ramp(width);

        // The same shift of every key of a row is none after the softmax.
        Range positions = site.Point is SitePoint.Key or SitePoint.RotatedKey ? 2..5 : Range.All;
        yield return Edit.Add(site, vector, 2) with { Positions = positions };
        yield return Edit.Replace(site, vector) with { Positions = positions };
        if (!RemovesScale(model.Spec, site.Point))
        {
            yield return Edit.Scale(site, 1.75f);
        }

        yield return Edit.Clamp(site, 0.5f, 0.75f);
        if (width > 1)
        {
            yield return Edit.Zero(site);
            yield return Edit.ProjectOut(site, vector);
        }

        if (site.Point is SitePoint.AttentionOut or SitePoint.MlpOut or SitePoint.ResidualPost)
        {
            yield return Edit.Skip(site);
        }
    }

    // Values that a norm takes the size of right afterwards: scaling them changes little more than epsilon does.
    private static bool RemovesScale(ModelSpec spec, SitePoint point) =>
        (spec.Attention.QueryKeyNorm != QueryKeyNorm.None && point is SitePoint.Query or SitePoint.Key)
        || (spec.Placement is NormPlacement.Sandwich or NormPlacement.SublayerOutput && point is SitePoint.AttentionRaw or SitePoint.MlpRaw or SitePoint.Value or SitePoint.Z or SitePoint.Result)
        || (spec.Placement == NormPlacement.SublayerOutput && point is SitePoint.MlpPost or SitePoint.MlpPreLinear);

    private static IEnumerable<Edit> Identities(Model model, Site site, int[][] prompts)
    {
        bool map = SiteCatalog.Info(site.Point).Dimensions is null;
        float[] vector = map ? [1f] : Ramp(SiteCatalog.Info(site.Point).Width(model.Spec));
        yield return Edit.Add(site, vector, 0);
        yield return Edit.Scale(site, 1);
        yield return Edit.Clamp(site, float.NegativeInfinity, float.PositiveInfinity);
        if (map)
        {
            yield break;
        }

        yield return Edit.ProjectOut(site, vector, 0);
        float[] own = Fixture.Captured(model, prompts, site);
        int perSequence = own.Length / prompts.Length;
        yield return Edit.Replace(site, own[..perSequence]) with { Sequences = [0], Positions = 0..prompts[0].Length };
    }

    private static float[] Ramp(int width) => [.. Enumerable.Range(0, width).Select(i => 0.5f + (float)Math.Sin(1.7 * i))];
}
