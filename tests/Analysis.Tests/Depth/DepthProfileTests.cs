using Weir.Analysis.Depth;
using Weir.Analysis.Statistics;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Depth;

/// <summary>Norms, cosines and the lens by layer, against two passes over everything in f64.</summary>
public sealed class DepthProfileTests
{
    private static readonly int[][] Prompts = [[5, 9, 14, 30, 7, 8, 11, 2], [20, 21, 22]];

    [Theory]
    [OnDevices("llama3")]
    [InlineData("pythia", "cpu")]
    [InlineData("gemma2", "cpu")]
    public void Acceptance5_TheOnePassDivergenceIsThatOfTwoPassesInF64(string name, string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using Model model = Model.Load(Fixture.Model(name), new LoadOptions { Device = opened });
        DepthProfile profile = DepthProfile.Run(model, [Prompts[0]]);
        int layers = model.Spec.Layers, n = Prompts[0].Length, vocabulary = model.Spec.VocabularySize;
        Assert.Equal(0, profile[DepthMeasure.LensDivergence].Max(layers, 0));
        Assert.Equal(1, profile[DepthMeasure.LensOverlap].Quantile(layers, 0, 0));

        // The last block left out makes the model end at its input.
        double[][] Distributions(params Edit[] edits)
        {
            using ForwardResult run = model.Forward(Prompts[0], new HookSet().Edit(edits));
            float[] logits = NaiveEffects.Read(model, run.Logits);
            return [.. Enumerable.Range(0, n).Select(p => LogSoftmax(logits.AsSpan(p * vocabulary, vocabulary)))];
        }

        double[][] final = Distributions();
        double[][] early = Distributions(Edit.Skip(Site.ResidualPost[layers - 1]));
        double divergence = 0, overlap = 0;
        for (int p = 0; p < n; p++)
        {
            divergence += early[p].Select((log, i) => Math.Exp(log) * (log - final[p][i])).Sum() / n;
            overlap += Top(early[p]).Intersect(Top(final[p])).Count() / 5.0 / n;
        }

        Assert.True(divergence > 0);
        Assert.Equal(divergence, profile[DepthMeasure.LensDivergence].Mean(layers - 1, 0), 1e-5 + (1e-4 * divergence));
        Assert.Equal(overlap, profile[DepthMeasure.LensOverlap].Mean(layers - 1, 0), 1e-6);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("olmo2")]
    [InlineData("pythia")]
    public void MeasuresAreTheirFormulas(string name)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model(name), new LoadOptions { Device = device });
        DepthProfile profile = DepthProfile.Run(model, [Prompts[0]]);
        int width = model.Spec.Width, n = Prompts[0].Length;
        for (int l = 0; l < model.Spec.Layers; l++)
        {
            float[] h = NaiveEffects.Captured(model, Prompts[0], Site.ResidualPre[l]), next = NaiveEffects.Captured(model, Prompts[0], Site.ResidualPost[l]);
            float[] a = NaiveEffects.Captured(model, Prompts[0], Site.AttentionOut[l]), m = NaiveEffects.Captured(model, Prompts[0], Site.MlpOut[l]);
            var expected = Enum.GetValues<DepthMeasure>().ToDictionary(x => x, _ => 0.0);
            for (int p = 0; p < n; p++)
            {
                double[] H = Row(h, p, width), A = Row(a, p, width), M = Row(m, p, width), N = Row(next, p, width), Mid = Sum(H, A), C = Sum(A, M);
                expected[DepthMeasure.AttentionRatio] += Norm(A) / Norm(H) / n;
                expected[DepthMeasure.MlpRatio] += Norm(M) / Norm(Mid) / n;
                expected[DepthMeasure.LayerRatio] += Norm(C) / Norm(H) / n;
                expected[DepthMeasure.AttentionCosine] += Dot(A, H) / (Norm(A) * Norm(H)) / n;
                expected[DepthMeasure.MlpCosine] += Dot(M, Mid) / (Norm(M) * Norm(Mid)) / n;
                expected[DepthMeasure.LayerCosine] += Dot(C, H) / (Norm(C) * Norm(H)) / n;
                expected[DepthMeasure.ResidualCosine] += Dot(H, N) / (Norm(H) * Norm(N)) / n;
                expected[DepthMeasure.ResidualNorm] += Norm(H) / n;
                expected[DepthMeasure.AttentionNorm] += Norm(A) / n;
                expected[DepthMeasure.MlpNorm] += Norm(M) / n;
            }

            foreach ((DepthMeasure measure, double value) in expected.Where(e => e.Key < DepthMeasure.LensDivergence))
            {
                Assert.Equal(value, profile[measure].Mean(l, 0), 1e-5 * Math.Max(1, Math.Abs(value)));
            }
        }
    }

    [Fact]
    public void Trap1_TwoIdenticalPromptsHaveTheMeanOfOne()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("qwen3"), new LoadOptions { Device = device });
        DepthProfile one = DepthProfile.Run(model, [Prompts[0]]), two = DepthProfile.Run(model, [Prompts[0], Prompts[0]]);
        foreach (DepthMeasure measure in Enum.GetValues<DepthMeasure>())
        {
            for (int l = 0; l < one[measure].Rows; l++)
            {
                Assert.Equal(one[measure].Mean(l, 0), two[measure].Mean(l, 0), 1e-12);
                Assert.Equal(one[measure].Max(l, 0), two[measure].Max(l, 0));
            }
        }

        // A position left out is out of every mean.
        Assert.Equal(Prompts[0].Length - 1, DepthProfile.Run(model, [Prompts[0]], firstPosition: 1)[DepthMeasure.LayerRatio].Count(0, 0));
        Assert.Throws<WeirException>(() => DepthProfile.Run(model, [[1]], firstPosition: 1));
    }

    [Fact]
    public void NormsAreMeansOverAllTokensAndTheLensOverPromptsFirst()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("qwen3"), new LoadOptions { Device = device });
        DepthProfile both = DepthProfile.Run(model, Prompts), one = DepthProfile.Run(model, [Prompts[0]]), two = DepthProfile.Run(model, [Prompts[1]]);
        double long0 = one.Mean(DepthMeasure.LayerRatio, 0), short0 = two.Mean(DepthMeasure.LayerRatio, 0);
        Assert.Equal(((8 * long0) + (3 * short0)) / 11, both.Mean(DepthMeasure.LayerRatio, 0), 1e-9);
        double longKl = one.Mean(DepthMeasure.LensDivergence, 0), shortKl = two.Mean(DepthMeasure.LensDivergence, 0);
        Assert.NotEqual(longKl, shortKl);
        Assert.Equal((longKl + shortKl) / 2, both.Mean(DepthMeasure.LensDivergence, 0), 1e-9);

        // Two prompts of 8 and 3 tokens: resamples are the one, the other or both, whose mean is not in their middle.
        Estimate ratio = both.MeanWithInterval(DepthMeasure.LayerRatio, 0), kl = both.MeanWithInterval(DepthMeasure.LensDivergence, 0);
        Assert.Equal((both.Mean(DepthMeasure.LayerRatio, 0), 2), (ratio.Mean, ratio.Count));
        Assert.Equal(Math.Min(long0, short0), ratio.Low, 1e-9);
        Assert.Equal(Math.Max(long0, short0), ratio.High, 1e-9);
        Assert.Equal(both.Mean(DepthMeasure.LensDivergence, 0), kl.Mean, 1e-12);
        Assert.Equal(Math.Max(longKl, shortKl), kl.High, 1e-9);
    }

    [Fact]
    public void IntervalsContainTheMeansOfPromptsOfVeryDifferentLength()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("qwen3"), new LoadOptions { Device = device });
        var random = new Random(2);
        int[][] prompts = [.. Enumerable.Range(0, 12).Select(p => Enumerable.Range(0, p % 3 == 0 ? 40 : 2).Select(_ => random.Next(60)).ToArray())];
        DepthProfile profile = DepthProfile.Run(model, prompts);
        foreach (DepthMeasure measure in Enum.GetValues<DepthMeasure>())
        {
            Estimate[] means = profile.MeansWithIntervals(measure);
            for (int l = 0; l < means.Length; l++)
            {
                Assert.Equal(profile.Mean(measure, l), means[l].Mean, 1e-12 * Math.Max(1, Math.Abs(means[l].Mean)));
                Assert.True(means[l].Low <= means[l].Mean + 1e-9 && means[l].Mean <= means[l].High + 1e-9, $"{measure} of layer {l}: {means[l]}");
            }
        }
    }

    [Fact]
    public void Trap8_TheLastResidualIsInFrontOfTheFinalNorm()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("llama3"), new LoadOptions { Device = device });
        int layers = model.Spec.Layers, width = model.Spec.Width;
        float[] last = NaiveEffects.Captured(model, Prompts[0], Site.ResidualPost[layers - 1]);
        double expected = Enumerable.Range(0, Prompts[0].Length).Average(p => Norm(Row(last, p, width)));
        Assert.Equal(expected, DepthProfile.Run(model, [Prompts[0]])[DepthMeasure.ResidualNorm].Mean(layers, 0), 1e-4);
    }

    [Fact]
    public void Trap13_TheLensNeverHoldsTheLogitsOfAllLayers()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(layers: 6, width: 8, neurons: 8, vocabulary: 40_000, epsilon: 1e-5);
        using Model model = toy.Random(1).Load(device);
        int[] prompt = [.. Enumerable.Range(0, 100)];
        long before = device.Counters.BytesAllocated;
        _ = DepthProfile.Run(model, [prompt]);
        long held = device.Counters.PeakBytesAllocated - before, logits = 7L * prompt.Length * 40_000 * sizeof(float);
        Assert.True(held < logits / 10, $"{held} bytes are held, and all logits take {logits}");
    }

    private static int[] Top(double[] log) => [.. Enumerable.Range(0, log.Length).OrderByDescending(i => log[i]).ThenBy(i => i).Take(5)];

    private static double[] LogSoftmax(ReadOnlySpan<float> logits)
    {
        double[] z = Array.ConvertAll(logits.ToArray(), v => (double)v);
        double top = z.Max(), lse = top + Math.Log(z.Sum(v => Math.Exp(v - top)));
        return Array.ConvertAll(z, v => v - lse);
    }

    private static double[] Row(float[] values, int row, int width) => [.. values.Skip(row * width).Take(width).Select(v => (double)v)];

    private static double[] Sum(double[] a, double[] b) => [.. a.Select((v, i) => v + b[i])];

    private static double Dot(double[] a, double[] b) => a.Select((v, i) => v * b[i]).Sum();

    private static double Norm(double[] a) => Math.Sqrt(Dot(a, a));
}
