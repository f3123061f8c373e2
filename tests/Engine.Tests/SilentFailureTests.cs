using Weir.Engine.Forward;
using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Engine.Tests;

/// <summary>
/// Wrong answers that other tools have given without an error, each as a test of its own. Those that come of gradients, of
/// a vocabulary spread over devices or of a kernel binary have no counterpart while Weir has none of these.
/// </summary>
public sealed class SilentFailureTests
{
    [Fact]
    public void AShorterNeighbourDoesNotShiftPositions()
    {
        Model model = Fixture.Model("gpt2");
        int[] prompt = Fixture.Prompts("gpt2")[0];
        int v = model.Spec.VocabularySize;
        float[] alone = Fixture.Logits(model, [prompt[..9]]);
        float[] beside = Fixture.Logits(model, [prompt, prompt[..9]]);
        Fixture.SameBits(alone, beside[(prompt.Length * v)..], "the shorter prompt");
    }

    [Theory]
    [OnDevices("llama3")]
    [OnDevices("pythia")]
    [OnDevices("gemma2")]
    [OnDevices("olmo2")]
    public void TheLensReadsTheWholeResidual(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int last = model.Spec.Layers - 1;
        using ForwardResult run = model.Forward(Fixture.Prompts(name), new HookSet().Capture(Site.ResidualPost[last]));
        LensResult lens = LensReader.Read(model, [run[Site.ResidualPost[last]]]);
        float[] logits = Fixture.Read(model, run.Logits);
        int v = model.Spec.VocabularySize;
        Assert.All(Enumerable.Range(0, lens.Positions), p => Assert.Equal(
            System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits.AsSpan(p * v, v)), lens.TopIds[p]));
    }

    [Fact]
    public void ACapturedTensorIsNotOverwrittenByTheNextPass()
    {
        Model model = Fixture.Model("llama3");
        int[][] prompts = Fixture.Prompts("llama3");
        using ForwardResult first = model.Forward([prompts[0]], new HookSet().Capture(Site.MlpPost[0]));
        float[] before = Fixture.Read(model, first[Site.MlpPost[0]]);
        Fixture.Logits(model, prompts);
        Generator.Complete(model, prompts, new GenerationOptions { MaxTokens = 3 });
        Fixture.SameBits(before, Fixture.Read(model, first[Site.MlpPost[0]]), "the capture after other passes");
    }

    [Fact]
    public void NothingCapturedIsAnErrorAndNotAnEmptyAnswer()
    {
        Model model = Fixture.Model("llama3");
        using ForwardResult run = model.Forward(Fixture.Prompts("llama3"));
        Assert.Empty(run.Sites);
        Assert.Throws<SiteException>(() => run[Site.ResidualPost[0]]);
    }

    [Fact]
    public void PatchingOnePositionIsNotPatchingAll()
    {
        // At the last layer a position other than the last can change nothing at the last position.
        Model model = Fixture.Model("mistral");
        int[] prompt = Fixture.Prompts("mistral")[0];
        int last = model.Spec.Layers - 1;
        int v = model.Spec.VocabularySize;
        float[] plain = Fixture.Logits(model, [prompt]);
        float[] patched = Fixture.Logits(model, [prompt], new HookSet().Edit(
            Edit.Replace(Site.ResidualPost[last], [1f]) with { Positions = 3..4 }));
        Fixture.SameBits(plain[^v..], patched[^v..], "the last position");
        Fixture.SameBits(plain[..(3 * v)], patched[..(3 * v)], "the positions before");
        Assert.NotEqual(plain[(3 * v)..(4 * v)], patched[(3 * v)..(4 * v)]);
    }

    [Theory]
    [InlineData("qwen2", ElementType.BF16)]
    [InlineData("pythia", ElementType.F16)]
    [InlineData("llama3", ElementType.F32)]
    public void WeightsKeepTheTypeTheyAreStoredIn(string name, ElementType type) =>
        Assert.All(Fixture.Model(name).Weights.Blocks, b => Assert.Equal(type, b.MlpOutput.Matrix.Type));

    [Fact]
    public void FixturesHaveFewerKeyHeadsThanQueryHeads()
    {
        // A head that reads the wrong key head goes unseen where there is one of each.
        string[] grouped = [.. Fixture.Names.Where(n => Fixture.Model(n).Spec.Attention is { KeyValueHeads: > 1 } a && a.KeyValueHeads < a.Heads)];
        Assert.True(grouped.Length >= 4, string.Join(", ", grouped));
    }

    [Theory]
    [OnDevices("opt")]
    [OnDevices("opt-postnorm")]
    public void TheMlpHookFiresInOpt(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int fired = 0;
        float[] plain = Fixture.Logits(model, Fixture.Prompts(name));
        float[] changed = Fixture.Logits(model, Fixture.Prompts(name), new HookSet().Tap(Site.MlpOut.AllLayers, t =>
        {
            fired++;
            Fixture.Change(t, _ => 0);
        }));
        Assert.Equal(model.Spec.Layers, fired);
        Assert.NotEqual(plain, changed);
    }

    [Theory]
    [InlineData(SitePoint.Ln1Normalized)]
    [InlineData(SitePoint.Ln1Scale)]
    public void AWriteToANormsInsideIsNotIgnored(SitePoint point)
    {
        Model model = Fixture.Model("llama2");
        float[] plain = Fixture.Logits(model, Fixture.Prompts("llama2"));
        float[] changed = Fixture.Logits(model, Fixture.Prompts("llama2"), new HookSet().Edit(Edit.Scale(new Site(point, 1), 2)));
        Assert.NotEqual(plain, changed);
    }

    [Fact]
    public void HalfPrecisionNeoXIsWarnedOf() =>
        Assert.Contains(Fixture.Model("pythia").Spec.Warnings, w => w.Contains("UnsafeDType", StringComparison.Ordinal));

    [Fact]
    public void TheSamePassTwiceGivesTheSameBits()
    {
        Model model = Fixture.Model("gemma2");
        Fixture.SameBits(Fixture.Logits(model, Fixture.Prompts("gemma2")), Fixture.Logits(model, Fixture.Prompts("gemma2")), "the second pass");
    }
}
