using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Engine.Tests.Sweeps;

/// <summary>A wave gives the bits of one forward pass a variant.</summary>
public sealed class WaveTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Cases() =>
        [.. Fixture.Names.Select(n => new TheoryDataRow<string, string>(n, TestDevices.Cpu)), new("gpt2", TestDevices.F32), new("gemma2", TestDevices.F32)];

    [Theory]
    [MemberData(nameof(Cases))]
    [InlineData("qwen2", "emulated-80")]
    public void SkippingEachBlockGivesTheBitsOfAPassOfItsOwn(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        Verify(model, [.. Enumerable.Range(0, model.Spec.Layers).Select(s => new Variant($"skip {s}", [Edit.Skip(Site.ResidualPost[s]) with { Positions = 1.. }]))]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EditsAnywhereGiveTheBitsOfAPassOfTheirOwn(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int last = model.Spec.Layers - 1, width = model.Spec.Width;
        float[] direction = [.. Enumerable.Range(0, width).Select(i => MathF.Sin(i))];
        Edit[] edits =
        [
            Edit.Skip(Site.AttentionOut[0]),
            Edit.Skip(Site.MlpOut[last]) with { Positions = 2..5 },
            Edit.Add(Site.ResidualPre[0], direction, 3) with { Positions = ^1.. },
            Edit.Add(Site.ResidualPre[last], direction, 3),
            Edit.ProjectOut(Site.ResidualPost[last], direction),
            Edit.Scale(Site.Z[1], 0.5f) with { Head = 1 },
            Edit.Zero(Site.MlpPost[1]) with { Columns = 3..17 },
            Edit.Scale(Site.Pattern[last], 0.25f) with { Head = 0, Positions = 3.. },
            Edit.Replace(Site.Value[1], new float[model.Spec.Attention.KeyWidth]) with { Positions = 1..2 },
            Edit.Add(Site.ResidualPost.AllLayers, direction, 0.5f) with { Positions = 4.. },
        ];
        Verify(model, [.. edits.Select((e, i) => new Variant($"{i}", [e])), new Variant("three", [edits[8], edits[1], edits[4]])]);
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
        using var wave = new Wave(model, prompts, [.. Enumerable.Range(0, layers).Select(s => new Variant($"skip {s}", [Edit.Skip(Site.ResidualPost[s])]))]);
        start = counters.Flops;
        for (int l = 0; l < layers; l++)
        {
            wave.Advance();
        }

        // The baseline's L blocks, and L - 1 - s for the variant that skips s.
        Assert.Equal(block * (layers + (layers * (layers - 1) / 2)), counters.Flops - start);
        Assert.Throws<InvalidOperationException>(wave.Advance);
    }

    [Fact]
    public void AVariantThatCannotActIsAnError()
    {
        Model model = Fixture.Model("gpt2");
        int[][] prompts = [Fixture.Prompts("gpt2")[0]];
        void Refused(Variant variant) => Assert.ThrowsAny<WeirException>(() => new Wave(model, prompts, [variant]).Dispose());
        Refused(new Variant("nothing", []));
        Refused(new Variant("rotated", [Edit.Zero(Site.RotatedQuery[0])]));
        Refused(new Variant("sequences", [Edit.Zero(Site.MlpOut[0]) with { Sequences = [1] }]));
        Refused(new Variant("embedding", [Edit.Zero(Site.Embed)]));
        using var late = new Wave(model, prompts, [new Variant("late", [Edit.Zero(Site.MlpOut[0]) with { Positions = 1000.. }])]);
        Assert.ThrowsAny<WeirException>(late.Advance);
    }

    private static void Verify(Model model, Variant[] variants)
    {
        int[][] prompts = [.. Fixture.PromptsOf(model).Select((p, i) => i == 0 ? p : p[..9])];
        int layers = model.Spec.Layers;
        using var wave = new Wave(model, prompts, variants);
        var attention = new float[layers][];
        var mlp = new float[layers][];
        int[] ran = new int[layers];
        for (int l = 0; l < layers; l++)
        {
            wave.Advance();
            ran[l] = wave.Ran;
            attention[l] = Fixture.Read(model, wave.AttentionOut);
            mlp[l] = Fixture.Read(model, wave.MlpOut);
        }

        Assert.Equal(variants.Length, wave.Live);
        float[] residual = Fixture.Read(model, wave.Residual);
        int size = wave.BaseRows * model.Spec.Width;
        for (int v = -1; v < variants.Length; v++)
        {
            HookSet hooks = new HookSet().Capture(Site.AttentionOut.AllLayers, Site.MlpOut.AllLayers, Site.ResidualPost[layers - 1]);
            string what = "baseline";
            if (v >= 0)
            {
                hooks.Edit([.. wave.Variants[v].Edits]);
                what = wave.Variants[v].Name;
            }

            using ForwardResult run = model.Forward(prompts, hooks, new ForwardOptions { Logits = LogitRows.None });
            int from = (v + 1) * size;
            Fixture.SameBits(Fixture.Read(model, run[Site.ResidualPost[layers - 1]]), residual[from..(from + size)], $"{what}, last residual");
            for (int l = 0; l < layers; l++)
            {
                // Before a variant begins it is the baseline.
                int row = v < ran[l] ? from : 0;
                Fixture.SameBits(Fixture.Read(model, run[Site.AttentionOut[l]]), attention[l][row..(row + size)], $"{what}, attention {l}");
                Fixture.SameBits(Fixture.Read(model, run[Site.MlpOut[l]]), mlp[l][row..(row + size)], $"{what}, MLP {l}");
            }
        }
    }
}
