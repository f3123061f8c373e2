using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Engine.Tests.Forward;

/// <summary>A captured residual is written where it is kept: it costs no op and moves no byte.</summary>
public sealed class CaptureCostTests
{
    [Theory]
    [OnDevices("gpt2")]
    [OnDevices("pythia")]
    [OnDevices("llama3")]
    [OnDevices("gemma2")]
    [OnDevices("olmo2")]
    [OnDevices("opt-postnorm")]
    public void CapturingEveryResidualMovesNoByteAndRunsNoOp(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int[][] prompts = Fixture.Prompts(name);
        var hooks = new HookSet().Capture(Site.ResidualPre.AllLayers, Site.ResidualPost.AllLayers);
        if (!model.Spec.ParallelResidual)
        {
            hooks.Capture(Site.ResidualMid.AllLayers);
        }

        Assert.Equal(Cost(model, prompts, new HookSet()), Cost(model, prompts, hooks));
    }

    public static IEnumerable<TheoryDataRow<string, SitePoint>> Sites() => Fixture.Names.SelectMany(
        name => SiteCatalog.All.Where(i => i.Missing(Fixture.Model(name).Spec) is null).Select(i => new TheoryDataRow<string, SitePoint>(name, i.Point)));

    [Theory]
    [MemberData(nameof(Sites))]
    public void CapturingASiteMovesNoByte(string name, SitePoint point)
    {
        Model model = Fixture.Model(name);
        int[][] prompts = Fixture.Prompts(name);
        var hooks = new HookSet().Capture(new Site(point, SiteCatalog.Info(point).HasLayer ? Site.EveryLayer : 0));
        Assert.Equal(Cost(model, prompts, new HookSet()).Bytes, Cost(model, prompts, hooks).Bytes);
    }

    [Theory, OnDevices]
    public void TheCountersDoSeeACopy(string device)
    {
        Model model = Fixture.Model("llama3", device);
        int[][] prompts = Fixture.Prompts("llama3");
        // The input is changed and its value before the change is wanted too: this needs a copy.
        var hooks = new HookSet().Capture(Site.ResidualPost[0]).Edit(Edit.Scale(Site.ResidualPre[1], 1));
        Assert.True(Cost(model, prompts, hooks).Bytes > Cost(model, prompts, new HookSet()).Bytes);
    }

    [Theory, OnDevices]
    public void BlocksAfterTheLastSiteDoNotRunWhenNoLogitsAreAsked(string device)
    {
        Model model = Fixture.Model("llama3", device);
        int[][] prompts = Fixture.Prompts("llama3");
        long before = model.Device.Counters.Flops;
        using (model.Forward(prompts, new HookSet().Capture(Site.ResidualPost[0]), new ForwardOptions { Logits = LogitRows.None }))
        {
        }

        long one = model.Device.Counters.Flops - before;
        using (model.Forward(prompts, new HookSet().Capture(Site.ResidualPost[1]), new ForwardOptions { Logits = LogitRows.None }))
        {
        }

        Assert.Equal(2 * one, model.Device.Counters.Flops - before - one);
    }

    [Theory, OnDevices]
    public void ResultsOwnTheirMemory(string device)
    {
        Model model = Fixture.Model("llama3", device);
        int[][] prompts = Fixture.Prompts("llama3");
        using ForwardResult first = model.Forward([prompts[0]], new HookSet().Capture(Site.ResidualPost[1]));
        float[] before = Fixture.Read(model, first[Site.ResidualPost[1]]);
        using ForwardResult second = model.Forward([prompts[1]], new HookSet().Capture(Site.ResidualPost[1]));
        Fixture.SameBits(before, Fixture.Read(model, first[Site.ResidualPost[1]]), "the first result after a second pass");
        ForwardResult third = model.Forward([prompts[1]], new HookSet().Capture(Site.ResidualPost[1]));
        third.Dispose();
        Assert.Throws<ObjectDisposedException>(() => third[Site.ResidualPost[1]]);
    }

    [Fact]
    public void AskingForWhatWasNotCapturedIsANamedError()
    {
        Model model = Fixture.Model("llama3");
        using ForwardResult run = model.Forward(Fixture.Prompts("llama3"), null, new ForwardOptions { Logits = LogitRows.None });
        Assert.Contains("NotCaptured", Assert.Throws<SiteException>(() => run[Site.Z[0]]).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => run.Logits);
        Assert.Throws<SiteException>(() => model.Forward(Fixture.Prompts("llama3"), new HookSet().Capture(Site.Logits), new ForwardOptions { Logits = LogitRows.None }));
    }

    [Theory, OnDevices]
    public void ATapThatStartsAnotherPassOfItsModelIsANamedError(string device)
    {
        Model model = Fixture.Model("gpt2", device);
        int[][] prompts = Fixture.Prompts("gpt2");
        WeirException error = Assert.Throws<WeirException>(() => model.Forward(prompts, new HookSet().Tap(Site.ResidualPost[0], _ => model.Forward(prompts))));
        Assert.StartsWith("Reentered", error.Message, StringComparison.Ordinal);
        Fixture.Logits(model, prompts);
    }

    [Fact]
    public void BadTokensAreNamedErrors()
    {
        Model model = Fixture.Model("gpt2");
        Assert.Contains("EmptyPrompt", Assert.Throws<WeirException>(() => model.Forward(Array.Empty<int>())).Message, StringComparison.Ordinal);
        Assert.Contains("TokenOutOfRange", Assert.Throws<WeirException>(() => model.Forward([model.Spec.VocabularySize])).Message, StringComparison.Ordinal);
        Assert.Contains("TokenOutOfRange", Assert.Throws<WeirException>(() => model.Forward([-1])).Message, StringComparison.Ordinal);
        Assert.Contains("ContextExceeded", Assert.Throws<WeirException>(() => model.Forward(new int[model.Spec.ContextLength + 1])).Message, StringComparison.Ordinal);
    }

    private static (long Ops, long Bytes, long Flops) Cost(Model model, int[][] prompts, HookSet hooks)
    {
        DeviceCounters c = model.Device.Counters;
        (long Ops, long Bytes, long Flops) before = (c.Ops, c.BytesCopied, c.Flops);
        model.Forward(prompts, hooks).Dispose();
        return (c.Ops - before.Ops, c.BytesCopied - before.Bytes, c.Flops - before.Flops);
    }
}
