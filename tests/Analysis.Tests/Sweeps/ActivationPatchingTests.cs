using Weir.Analysis.Sweeps;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Sweeps;

/// <summary>Patches as a wave against a pass for each, bit for bit.</summary>
public sealed class ActivationPatchingTests
{
    private static readonly int[] Clean = [5, 9, 14, 30, 7], Corrupted = [5, 9, 77, 31, 8];

    [Theory]
    [InlineData("gpt2", SitePoint.Pattern, true)]
    [InlineData("llama3", SitePoint.Pattern, false)]
    [InlineData("mistral", SitePoint.Pattern, true)]
    [InlineData("gemma2", SitePoint.AttentionScores, false)]
    [InlineData("gpt2", SitePoint.Z, true)]
    public void APatchIsThePassWithItsEdit(string name, SitePoint point, bool byPosition)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        Verify(name, point, byPosition, device);
    }

    [Fact]
    public void APatchIsThePassWithItsEditOnCuda()
    {
        using IDevice device = TestDevices.Open(TestDevices.F32);
        Verify("gpt2", SitePoint.Pattern, false, device);
    }

    private static void Verify(string name, SitePoint point, bool byPosition, IDevice device)
    {
        using Model model = Model.Load(Fixture.Model(name), new LoadOptions { Device = device });
        IReadOnlyList<Variant> variants = ActivationPatching.Variants(model, Clean, new LayeredSite(point), byPosition);
        Assert.Equal(model.Spec.Layers * model.Spec.Attention.Heads * (byPosition ? Clean.Length : 1), variants.Count);
        using var wave = new Wave(model, [Corrupted], variants);
        while (wave.Layer < model.Spec.Layers)
        {
            wave.Advance();
        }

        float[] baseline = Read(model, wave.Baseline(wave.Residual));
        Site last = Site.ResidualPost[model.Spec.Layers - 1];
        int changed = 0;
        for (int v = 0; v < variants.Count; v++)
        {
            using ForwardResult run = model.Forward(Corrupted, new HookSet().Edit([.. wave.Variants[v].Edits]).Capture(last));
            float[] own = Read(model, wave.Of(wave.Residual, v));
            Assert.Equal(Read(model, run[last]), own);
            changed += own.AsSpan().SequenceEqual(baseline) ? 0 : 1;
        }

        Assert.True(changed > variants.Count / 4, $"only {changed} of {variants.Count} patches changed anything");
    }

    private static float[] Read(Model model, Tensor tensor)
    {
        return model.Device.Read<float>(tensor);
    }
}
