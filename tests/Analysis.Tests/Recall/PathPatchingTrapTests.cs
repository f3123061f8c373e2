using Weir.Analysis.Recall;
using Weir.Analysis.Statistics;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>What path patching does elsewhere and must not do here: traps 1, 2, 5 and 8, and values that are no numbers.</summary>
public sealed class PathPatchingTrapTests
{
    [Fact]
    public void Trap1_TheMeanIsOverEndStatesOfPromptsOfAnyLength()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        using EndStates corrupted = new(model, RecallCase.Corrupted);
        double[] sums = new double[RandomModel.Width];
        foreach (int[] prompt in RecallCase.Corrupted)
        {
            using ForwardResult run = model.Forward(prompt, new HookSet().Capture(Site.MlpOut[1]));
            float[] last = RecallCase.Read(model, run[Site.MlpOut[1]])[^RandomModel.Width..];
            for (int i = 0; i < last.Length; i++)
            {
                sums[i] += last[i] / (double)RecallCase.Corrupted.Length;
            }
        }

        RecallCase.Close(sums, [.. corrupted.Mean(corrupted.Mlp(1)).Select(v => (double)v)], 1e-6, "the mean");
    }

    [Fact]
    public void Trap2_AllSendersShareTwoPasses()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        int[][] prompts = [.. Enumerable.Range(0, 20).Select(i => Enumerable.Range(i, 40).ToArray())];
        long flops = device.Counters.Flops;
        using (model.Forward(prompts, new HookSet().Capture(Site.ResidualPost[RandomModel.Layers - 1]), new ForwardOptions { Logits = LogitRows.None }))
        {
        }

        long pass = device.Counters.Flops - flops;
        flops = device.Counters.Flops;
        using EndStates clean = new(model, prompts), corrupted = new(model, prompts);
        Assert.Equal(2, clean.Passes + corrupted.Passes);
        Assert.Equal(2 * pass, device.Counters.Flops - flops);
        flops = device.Counters.Flops;
        _ = PathPatching.Run(model, clean, corrupted, new Unembedding(model).Centred([.. prompts.Select(_ => 3)]));
        flops = device.Counters.Flops - flops;

        // Each sender reruns the MLPs from its layer on; heads of a layer write once for each and once for all.
        const long Mlp = 2L * 3 * RandomModel.Width * RandomModel.Neurons, Write = 2L * RandomModel.Width * RandomModel.Width;
        long rows = 20L * (RandomModel.Heads + 1) * Mlp * (1 + 2 + 3 + 4);
        Assert.Equal(rows + (20L * Mlp * (0 + 1 + 2 + 3)) + (2 * 20L * Write * RandomModel.Layers), flops);
    }

    /// <summary>Sixteen times the tokens in front of END leave what is kept as it is, in the short-cut's states and in the four passes.</summary>
    [Fact]
    public void Trap8_OnlyEndIsKept()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        long Kept(int length)
        {
            long before = device.Counters.BytesAllocated;
            using var states = new EndStates(model, Prompts(length));
            return device.Counters.BytesAllocated - before;
        }

        static int[][] Prompts(int length) => [.. Enumerable.Range(0, 20).Select(i => Enumerable.Range(i, length).ToArray())];
        _ = Kept(48);
        long kept = Kept(3);
        Assert.Equal(kept, Kept(48));
        Assert.True(kept < sizeof(float) * 20L * RandomModel.Width * ((5 * RandomModel.Layers) + 2) + (1 << 16), $"{kept} bytes");

        // Every head's output at every position would be layers * heads rows of the residual's width a token.
        int[][] prompts = Prompts(48);
        LogitDirections pi = new Unembedding(model).Centred([.. prompts.Select(_ => 3)]);
        device.Counters.PeakBytesAllocated = device.Counters.BytesAllocated;
        long start = device.Counters.BytesAllocated;
        _ = new FourPasses(model, prompts, prompts, pi);
        long peak = device.Counters.PeakBytesAllocated - start, all = sizeof(float) * 20L * 48 * RandomModel.Layers * RandomModel.Heads * RandomModel.Width;
        Assert.True(peak < all, $"{peak} bytes, where all heads at all positions take {all}");
    }

    [Fact]
    public void Trap5_TheScoreIsTheChangeOverTheMeanOfTheCleanValue()
    {
        double[,][] heads = { { [3, 1], [1, 1] } };
        var result = new PathPatchingResult([1, 3], heads, [[2, 2]], [[2, 2]]);
        Assert.Equal(0, result.Change(result.Heads[0, 0]));
        Assert.Equal(-1, result.Change(result.Heads[0, 1]));
        Assert.Equal(-50, result.Score(result.Heads[0, 1]));
        Assert.Equal([(0, 1, -50d)], result.Kept(0.9));
    }

    [Fact]
    public void APromptWithoutAFiniteValueIsLeftOutOfMeansAndCounts()
    {
        double[,][] heads = { { [3, double.NaN, 2], [1, double.PositiveInfinity, 8] } };
        var result = new PathPatchingResult([2, double.NaN, 4], heads, [[double.NaN, 0, 3]], [[2, 0, 4]]);
        Assert.Equal(3, result.CleanMean);
        Assert.Equal(-0.5, result.Change(result.Heads[0, 0]));
        Assert.Equal(-25, result.Score(result.Attentions[0]));
        Assert.Equal([(0, 1, 50d)], result.Kept(0.7));

        // Items of 1 and 2 prompts: the count is of prompts that have a value.
        Estimate mean = new ItemResampling([0, 1, 1]).Mean(result.Changes(result.Heads[0, 1]));
        Assert.Equal((1.5, 2), (mean.Mean, mean.Count));
        Assert.Equal(0, new ItemResampling([0, 1, 1]).Mean([double.NaN, double.NaN, double.NaN]).Count);
    }
}
