using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>The short-cut against the definition: acceptance tests 1, 4, 5 and 6, and traps 1, 2 and 8.</summary>
public sealed class PathPatchingTests
{
    [Fact]
    public void T1_AnEmptyPatchListLeavesLogitsBitIdentical()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        using ForwardResult plain = model.Forward(RecallCase.Prompts);
        using ForwardResult hooked = model.Forward(RecallCase.Prompts, new HookSet().Edit([]));
        Assert.Equal(RecallCase.Read(model, plain.Logits), RecallCase.Read(model, hooked.Logits));
    }

    [Theory]
    [InlineData("ln", false)]
    [InlineData("ln-parallel", false)]
    [InlineData("rms", false)]
    [InlineData("rms-parallel", false)]
    [InlineData("rms-sandwich", false)]
    [InlineData("rms-output", false)]
    [InlineData("ln", true)]
    [InlineData("rms-parallel", true)]
    public void T4_TheShortCutIsTheFourPasses(string kind, bool freezeMlps)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        Agree(kind, freezeMlps, device, RandomModel.Layers);
    }

    [Fact]
    public void T4_TheShortCutIsTheFourPassesOnCuda()
    {
        using IDevice device = TestDevices.Open(TestDevices.F32);
        Agree("rms", false, device, 1);
    }

    [Theory]
    [InlineData("ln")]
    [InlineData("rms-parallel")]
    public void T5_WithFrozenMlpsADirectPathIsTheNormOfTheChangedResidual(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make(kind, device);
        using EndStates clean = new(model, RecallCase.Prompts), corrupted = new(model, RecallCase.Corrupted);
        var unembedding = new Unembedding(model);
        LogitDirections pi = unembedding.Centred(RecallCase.Answers);
        PathPatchingResult result = PathPatching.Run(model, clean, corrupted, pi, freezeMlps: true);
        float[] residual = clean.Read(clean.Final);
        using var memory = new Arena(device);
        for (int l = 0; l < RandomModel.Layers; l++)
        {
            float[] own = clean.Read(clean.Mlp(l)), mean = corrupted.Mean(corrupted.Mlp(l));
            float[] changed = [.. residual.Select((r, i) => r - own[i] + mean[i % RandomModel.Width])];
            double[] expected = pi.Read(memory.Upload<float>(changed, clean.Final.Shape));
            RecallCase.Close(expected, result.Mlps[l], 1e-5, $"MLP {l}");

            // With the norm's scale held, the change is that of the sender's attribution.
            double[] attributed = DirectAttribution.Run(model, clean, pi).Mlp(l).Values;
            Tensor scale = memory.Allocate(new Shape(clean.Count, 1));
            model.Sublayers.FinalNorm(clean.Final, memory.Allocate(clean.Final.Shape), scale);
            float[] scales = clean.Read(scale);
            for (int n = 0; n < clean.Count; n++)
            {
                double Held(ReadOnlySpan<float> x) => Projected(model.Vectors.FinalNorm!, x, pi.Rows.AsSpan(n * RandomModel.Width, RandomModel.Width), scales[n]);
                var row = new Range(n * RandomModel.Width, (n + 1) * RandomModel.Width);
                double change = Held(changed.AsSpan(row)) - Held(residual.AsSpan(row));
                Assert.Equal(Held(mean) - attributed[n], change, 1e-5 * Math.Max(1, Math.Abs(change)));
            }
        }
    }

    private static double Projected(NormValues norm, ReadOnlySpan<float> x, ReadOnlySpan<float> u, float scale)
    {
        double mean = 0, sum = 0;
        foreach (float v in x)
        {
            mean += norm.IsCentered ? (double)v / x.Length : 0;
        }

        for (int i = 0; i < x.Length; i++)
        {
            sum += (x[i] - mean) / scale * norm.Gain[i] * u[i];
        }

        return sum;
    }

    [Theory]
    [InlineData("ln")]
    [InlineData("ln-parallel")]
    [InlineData("rms")]
    [InlineData("rms-sandwich")]
    public void T6_ASendersOwnValueChangesNothing(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make(kind, device);
        using EndStates clean = new(model, RecallCase.Prompts);
        LogitDirections pi = new Unembedding(model).Centred(RecallCase.Answers);
        float[][] z = [.. Enumerable.Range(0, RandomModel.Layers).Select(l => clean.Read(clean.Z(l)))];
        float[][] mlp = [.. Enumerable.Range(0, RandomModel.Layers).Select(l => clean.Read(clean.Mlp(l)))];
        PathPatchingResult result = PathPatching.Run(
            model, clean,
            (l, n) => z[l].AsSpan(n * RandomModel.Width, RandomModel.Width), (l, n) => mlp[l].AsSpan(n * RandomModel.Width, RandomModel.Width), pi);
        for (int l = 0; l < RandomModel.Layers; l++)
        {
            Assert.Equal(result.Clean, result.Mlps[l]);
            Assert.Equal(result.Clean, result.Attentions[l]);
            for (int h = 0; h < RandomModel.Heads; h++)
            {
                Assert.Equal(result.Clean, result.Heads[l, h]);
                Assert.Equal(0, result.Score(result.Heads[l, h]));
            }
        }
    }

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

    /// <summary>Traps 2 and 8: two passes for all senders, and memory for END alone.</summary>
    [Fact]
    public void Trap2_AllSendersShareTwoPasses()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        int[][] prompts = [.. Enumerable.Range(0, 20).Select(i => Enumerable.Range(i, 40).ToArray())];
        using EndStates clean = new(model, prompts), corrupted = new(model, prompts);
        Assert.Equal(2, clean.Passes + corrupted.Passes);
        long flops = device.Counters.Flops;
        _ = PathPatching.Run(model, clean, corrupted, new Unembedding(model).Centred([.. prompts.Select(_ => 3)]));
        flops = device.Counters.Flops - flops;

        // Each sender reruns the MLPs from its layer on; heads of a layer write once for each and once for all.
        const long Mlp = 2L * 3 * RandomModel.Width * RandomModel.Neurons, Write = 2L * RandomModel.Width * RandomModel.Width;
        long rows = 20L * (RandomModel.Heads + 1) * Mlp * (1 + 2 + 3 + 4);
        Assert.Equal(rows + (20L * Mlp * (0 + 1 + 2 + 3)) + (2 * 20L * Write * RandomModel.Layers), flops);
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

    private static void Agree(string kind, bool freezeMlps, IDevice device, int layers)
    {
        using Model model = RandomModel.Make(kind, device);
        using EndStates clean = new(model, RecallCase.Prompts), corrupted = new(model, RecallCase.Corrupted);
        PathPatchingResult quick = PathPatching.Run(model, clean, corrupted, new Unembedding(model).Centred(RecallCase.Answers), freezeMlps);
        var four = new FourPasses(model, RecallCase.Prompts, RecallCase.Corrupted, RecallCase.Answers, freezeMlps: freezeMlps);
        RecallCase.Close(four.Clean, quick.Clean, 1e-5, "clean");
        for (int l = 0; l < layers; l++)
        {
            for (int h = 0; h < RandomModel.Heads; h++)
            {
                double[] expected = four.Head(l, h);
                RecallCase.Close(expected, quick.Heads[l, h], 1e-5, $"{kind} L{l}H{h}");
                Assert.Contains(expected.Zip(four.Clean), p => Math.Abs(p.First - p.Second) > 1e-3);
            }

            RecallCase.Close(four.Attention(l), quick.Attentions[l], 1e-5, $"{kind} attention {l}");
            RecallCase.Close(four.Mlp(l), quick.Mlps[l], 1e-5, $"{kind} MLP{l}");
        }
    }
}
