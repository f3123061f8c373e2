using Weir.Analysis.Recall;
using Weir.Analysis.Statistics;
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

        // So do the passes with everything put back to what it was: the mean over one prompt is the prompt itself.
        int[][] one = [RecallCase.Prompts[0]];
        LogitDirections pi = new Unembedding(model).Centred(RecallCase.Answers[..1]);
        foreach (bool freezeMlps in (bool[])[false, true])
        {
            PathPatchingResult same = new FourPasses(model, one, one, pi, freezeMlps).Run();
            Assert.All(same.Heads.Cast<double[]>().Concat(same.Attentions).Concat(same.Mlps), v => Assert.Equal(same.Clean, v));
        }
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

    /// <summary>A softcap of logits, a window, norms of queries and keys; longer prompts than the window.</summary>
    [Theory]
    [InlineData("gemma2", false)]
    [InlineData("gemma2", true)]
    [InlineData("qwen3", false)]
    public void T4_TheShortCutIsTheFourPassesOfAFamily(string name, bool freezeMlps)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Load(name, device);
        Agree(model, Long, [.. Long.Select(p => p.Select(t => t == Long[0][4] ? 301 : t + 1).ToArray())], freezeMlps, model.Spec.Layers);
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
    [InlineData("gemma2")]
    public void T5_WithFrozenMlpsADirectPathIsTheNormOfTheChangedResidual(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = kind == "gemma2" ? Load(kind, device) : RandomModel.Make(kind, device);
        using EndStates clean = new(model, RecallCase.Prompts), corrupted = new(model, RecallCase.Corrupted);
        var unembedding = new Unembedding(model);
        LogitDirections pi = unembedding.Centred(RecallCase.Answers);
        PathPatchingResult result = PathPatching.Run(model, clean, corrupted, pi, freezeMlps: true);
        float[] residual = clean.Read(clean.Final);
        int width = model.Spec.Width;
        using var memory = new Arena(device);
        for (int l = 0; l < model.Spec.Layers; l++)
        {
            float[] own = clean.Read(clean.Mlp(l)), mean = corrupted.Mean(corrupted.Mlp(l));
            float[] changed = [.. residual.Select((r, i) => r - own[i] + mean[i % width])];
            double[] expected = pi.Read(memory.Upload<float>(changed, clean.Final.Shape));
            RecallCase.Close(expected, result.Mlps[l], 1e-5, $"MLP {l}");

            // With the norm's scale held, the change is that of the sender's attribution.
            double[] attributed = DirectAttribution.Run(model, clean, pi).Mlp(l).Values;
            Tensor scale = memory.Allocate(new Shape(clean.Count, 1));
            model.Sublayers.FinalNorm(clean.Final, memory.Allocate(clean.Final.Shape), scale);
            float[] scales = clean.Read(scale);
            for (int n = 0; n < clean.Count; n++)
            {
                double Held(ReadOnlySpan<float> x) => Projected(model.Vectors.FinalNorm!, x, pi.Rows.AsSpan(n * width, width), scales[n]);
                var row = new Range(n * width, (n + 1) * width);
                double change = Held(changed.AsSpan(row)) - Held(residual.AsSpan(row));
                Assert.Equal(Held(mean) - attributed[n], change, 1e-5 * Math.Max(1, Math.Abs(change)));
            }

            // A head changes what its attention adds, through a post-norm where there is one: a pass with the head's edit tells.
            for (int h = 0; h < model.Spec.Attention.Heads; h++)
            {
                float[] attention = clean.Read(clean.Attention(l)), patched = AttentionWith(model, l, h);
                float[] other = [.. residual.Select((r, i) => r - attention[i] + patched[i])];
                RecallCase.Close(pi.Read(memory.Upload<float>(other, clean.Final.Shape)), result.Heads[l, h], 1e-5, $"L{l}H{h}");
                Assert.Contains(result.Heads[l, h].Zip(result.Clean), p => Math.Abs(p.First - p.Second) > 1e-4);
            }
        }
    }

    // What an attention adds at END with one head's mean over the corrupted prompts in its place.
    private static float[] AttentionWith(Model model, int layer, int head)
    {
        int width = model.Spec.Width;
        float[] mean = new float[width];
        foreach (int[] prompt in RecallCase.Corrupted)
        {
            using ForwardResult run = model.Forward(prompt, new HookSet().Capture(Site.Result[layer]));
            float[] last = RecallCase.Read(model, run[Site.Result[layer]])[^(model.Spec.Attention.Heads * width)..];
            for (int i = 0; i < width; i++)
            {
                mean[i] += last[(head * width) + i] / RecallCase.Corrupted.Length;
            }
        }

        Edit edit = Edit.Replace(Site.Result[layer], mean) with { Head = head, Positions = ^1.. };
        return [.. RecallCase.Prompts.SelectMany(prompt =>
        {
            using ForwardResult run = model.Forward(prompt, new HookSet().Edit(edit).Capture(Site.AttentionOut[layer]));
            return RecallCase.Read(model, run[Site.AttentionOut[layer]])[^width..];
        })];
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

    private static readonly int[][] Long =
    [
        [5, 9, 14, 30, 7, 8, 11, 250, 33, 61, 2, 19], [20, 21, 22, 40, 41, 42, 7, 77, 78, 79, 80, 101, 14], [40, 3, 99, 100, 7, 6], [8, 200, 31, 250],
    ];

    private static Model Load(string name, IDevice device) => Model.Load(Fixture.Model(name), new LoadOptions { Device = device });

    private static void Agree(string kind, bool freezeMlps, IDevice device, int layers)
    {
        using Model model = RandomModel.Make(kind, device);
        Agree(model, RecallCase.Prompts, RecallCase.Corrupted, freezeMlps, layers);
        RecallCase.Close(
            RecallCase.Pi(model, RecallCase.Prompts, RecallCase.Answers),
            new FourPasses(model, RecallCase.Prompts, RecallCase.Corrupted, new Unembedding(model).Centred(RecallCase.Answers)).Clean, 1e-5, "pi of whole logits");
    }

    private static void Agree(Model model, int[][] prompts, int[][] others, bool freezeMlps, int layers)
    {
        using EndStates clean = new(model, prompts), corrupted = new(model, others);
        LogitDirections pi = new Unembedding(model).Centred(RecallCase.Answers);
        PathPatchingResult quick = PathPatching.Run(model, clean, corrupted, pi, freezeMlps);
        var four = new FourPasses(model, prompts, others, pi, freezeMlps);
        RecallCase.Close(four.Clean, quick.Clean, 1e-5, "clean");
        for (int l = 0; l < layers; l++)
        {
            for (int h = 0; h < model.Spec.Attention.Heads; h++)
            {
                double[] expected = four.Head(l, h);
                RecallCase.Close(expected, quick.Heads[l, h], 1e-5, $"{model.Spec.Family} L{l}H{h}");
                Assert.Contains(expected.Zip(four.Clean), p => Math.Abs(p.First - p.Second) > 1e-3);
            }

            RecallCase.Close(four.Attention(l), quick.Attentions[l], 1e-5, $"{model.Spec.Family} attention {l}");
            RecallCase.Close(four.Mlp(l), quick.Mlps[l], 1e-5, $"{model.Spec.Family} MLP{l}");
        }
    }
}
