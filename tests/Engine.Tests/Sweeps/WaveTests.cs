using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Engine.Tests.Sweeps;

/// <summary>A wave gives the bits of one forward pass a variant.</summary>
public sealed class WaveTests
{
    public static IEnumerable<TheoryDataRow<string>> Names() => Fixture.Names.Select(n => new TheoryDataRow<string>(n));

    [Theory]
    [MemberData(nameof(Names))]
    public void SkippingEachBlockGivesTheBitsOfAPassOfItsOwn(string name)
    {
        Model model = Fixture.Model(name);
        int[][] prompts = [Fixture.Prompts(name)[0], Fixture.Prompts(name)[1][..9]];
        int layers = model.Spec.Layers;
        using var wave = new Wave(model, prompts, layers);
        var attention = new float[layers][];
        var mlp = new float[layers][];
        for (int l = 0; l < layers; l++)
        {
            wave.Advance();
            attention[l] = Fixture.Read(model, wave.AttentionOut);
            mlp[l] = Fixture.Read(model, wave.MlpOut);
            wave.ForkSkippingBlock(1..);
        }

        float[] residual = Fixture.Read(model, wave.Residual);
        int size = wave.BaseRows * model.Spec.Width;
        for (int s = -1; s < layers; s++)
        {
            var hooks = new HookSet().Capture(Site.AttentionOut.AllLayers, Site.MlpOut.AllLayers, Site.ResidualPost[layers - 1]);
            if (s >= 0)
            {
                hooks.Edit(Edit.Skip(Site.ResidualPost[s]) with { Positions = 1.. });
            }

            using ForwardResult run = model.Forward(prompts, hooks, new ForwardOptions { Logits = LogitRows.None });
            int from = (s + 1) * size;
            Fixture.SameBits(Fixture.Read(model, run[Site.ResidualPost[layers - 1]]), residual[from..(from + size)], $"{name}, skip {s}, last residual");
            for (int l = s + 1; l < layers; l++)
            {
                Fixture.SameBits(Fixture.Read(model, run[Site.AttentionOut[l]]), attention[l][from..(from + size)], $"{name}, skip {s}, attention {l}");
                Fixture.SameBits(Fixture.Read(model, run[Site.MlpOut[l]]), mlp[l][from..(from + size)], $"{name}, skip {s}, MLP {l}");
            }
        }
    }

    [Fact]
    public void ItDoesTheWorkOfTheTriangleAlone()
    {
        Model model = Fixture.Model("pythia");
        int[][] prompts = [Fixture.Prompts("pythia")[0]];
        DeviceCounters counters = model.Device.Counters;
        long start = counters.Flops;
        model.Forward(prompts, new HookSet().Capture(Site.ResidualPost[0]), new ForwardOptions { Logits = LogitRows.None }).Dispose();
        long block = counters.Flops - start;

        int layers = model.Spec.Layers;
        using var wave = new Wave(model, prompts, layers);
        start = counters.Flops;
        for (int l = 0; l < layers; l++)
        {
            wave.Advance();
            wave.ForkSkippingBlock(Range.All);
        }

        // The baseline's L blocks, and L - 1 - s for the variant that skips s.
        Assert.Equal(block * (layers + (layers * (layers - 1) / 2)), counters.Flops - start);
        Assert.Throws<InvalidOperationException>(wave.Advance);
    }

    [Fact]
    public void ComparisonsAreThoseOfTheRows()
    {
        Model model = Fixture.Model("llama3");
        using var wave = new Wave(model, [Fixture.Prompts("llama3")[0]], 1);
        wave.Advance();
        int variant = wave.ForkSkippingBlock(Range.All);
        wave.Advance();
        float[] statistics = wave.Compare(wave.MlpOut, variant);
        float[] rows = Fixture.Read(model, wave.MlpOut);
        int d = model.Spec.Width;
        double expected = 0;
        for (int i = 0; i < d; i++)
        {
            expected += Math.Pow(rows[(3 * d) + i] - (double)rows[((wave.BaseRows + 3) * d) + i], 2);
        }

        Assert.Equal(expected, statistics[(3 * 4) + 3], expected * 1e-5);
    }
}
