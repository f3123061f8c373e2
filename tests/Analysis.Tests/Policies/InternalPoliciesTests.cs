using Weir.Analysis.Policies;
using Weir.Analysis.Statistics;
using Weir.Analysis.Tests.Neurons;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Analysis.Tests.Policies;

/// <summary>Internal policies against sums in f64 over captured states, and against what planted models must show.</summary>
public sealed class InternalPoliciesTests
{
    private static readonly PolicySample Long = new([17, 80, 3], [201, 44, 9, 120, 33, 8, 250]);
    private static readonly PolicySample Short = new([5, 61], [77, 2]);

    /// <summary>The norms' gains are no ones, so that a norm left out or put in the wrong place shows.</summary>
    private static void Gains(string name, float[] values)
    {
        if (name.EndsWith("norm.weight", StringComparison.Ordinal))
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = 0.5f + (i % 7);
            }
        }
    }

    /// <summary>Acceptance test: the published ceilings, as the streaming sum over the vocabulary finds them.</summary>
    [Theory]
    [InlineData(151936, 11.931)]
    [InlineData(128256, 11.762)]
    public void TheCeilingIsTheLogarithmOfTheVocabulary(int vocabulary, double ceiling)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var memory = new Arena(device);
        using WeightMatrix matrix = NeuronMapTests.Load(device, [.. Enumerable.Range(0, vocabulary * 4).Select(i => (i % 11) - 5f)], vocabulary, 4);
        var arguments = new LensArguments { States = memory.Upload<float>(new float[4], new Shape(1, 4)), Unembedding = matrix, Temperature = 1, Entropy = memory.Allocate(new Shape(1)) };
        device.Ops.Lens(arguments);
        Assert.Equal(ceiling, arguments.Entropy.Span[0], 5e-4);
        Assert.Equal(Math.Log(vocabulary), arguments.Entropy.Span[0], 1e-5);
    }

    /// <summary>Acceptance test: an attention that adds nothing has the entropy ln V, and no direction.</summary>
    [Fact]
    public void TheZeroStateIsAtTheCeiling()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device, change: Zero("0.self_attn.o_proj"));
        PolicyResult result = InternalPolicies.Run(planted.Model, [Long]);
        Assert.Equal(Math.Log(PlantedModel.Vocabulary), result.Ceiling);
        Assert.Equal(result.Ceiling, result[PolicyMeasure.AttentionEntropy, 0, 0], 1e-5);
        Assert.Equal(0, result[PolicyMeasure.AttentionCosine, 0, 0]);
        Assert.True(result[PolicyMeasure.AttentionEntropy, 0, 1] < result.Ceiling - 1e-3);
    }

    /// <summary>
    /// Acceptance test: every measure equals its two-pass form in f64; changes of attention and FFN are from the normed inputs,
    /// that of the layer is not.
    /// </summary>
    [Theory]
    [OnDevices]
    public void EveryMeasureEqualsItsFormula(string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using var planted = new PlantedModel(opened, change: Gains);
        Model model = planted.Model;
        PolicyResult result = InternalPolicies.Run(model, [Long], new PolicyOptions { Temperature = 1.5f });
        float[] tokens = PlantedModel.Tokens(model), gain = new float[PlantedModel.Width];
        Gains("norm.weight", gain);
        int first = Long.Prompt.Count, count = Long.Response.Count;
        using ForwardResult pass = model.Forward([.. Long.Prompt, .. Long.Response], new HookSet().Capture(
            Site.ResidualPre.AllLayers, Site.ResidualMid.AllLayers, Site.ResidualPost.AllLayers, Site.AttentionOut.AllLayers, Site.MlpOut.AllLayers));
        double[][] Rows(Site site) => [.. PlantedModel.Host(model, pass[site]).Chunk(PlantedModel.Width).Skip(first).Take(count).Select(r => r.Select(x => (double)x).ToArray())];
        double[][] Normed(double[][] rows) => [.. rows.Select(x => x.Select((v, i) => v / Math.Sqrt((x.Sum(y => y * y) / x.Length) + 1e-5) * gain[i]).ToArray())];
        double[] Logs(double[] row) => Oracle.LogSoftmax(tokens, row, 1.5);
        double Entropy(double[][] rows) => rows.Average(r => Logs(r).Sum(z => -Math.Exp(z) * z));
        double[][] own = [.. Normed(Rows(Site.ResidualPost[PlantedModel.Layers - 1])).Select(Logs)];
        double Divergence(double[][] rows) => rows.Select(Logs).Zip(own, (p, q) => p.Zip(q, (a, b) => Math.Exp(a) * (a - b)).Sum()).Average();
        double Cosine(double[][] a, double[][] b) => a.Zip(b, (x, y) => x.Zip(y, (u, v) => u * v).Sum() / Math.Sqrt(x.Sum(u => u * u) * y.Sum(v => v * v))).Average();
        double Shared(double[][] rows) => rows.Select(Logs).Zip(own, (p, q) => Oracle.First(p, 5).Intersect(Oracle.First(q, 5)).Count() / 5.0).Average();

        for (int l = 0; l < PlantedModel.Layers; l++)
        {
            double[][] x = Rows(Site.ResidualPre[l]), a = Rows(Site.AttentionOut[l]), mid = Rows(Site.ResidualMid[l]), f = Rows(Site.MlpOut[l]), y = Rows(Site.ResidualPost[l]);
            void Same(double expected, PolicyMeasure measure) => Assert.Equal(expected, result[measure, 0, l], 2e-4);
            Same(Entropy(x), PolicyMeasure.LayerInputEntropy);
            Same(Entropy(Normed(x)), PolicyMeasure.AttentionInputEntropy);
            Same(Entropy(a), PolicyMeasure.AttentionEntropy);
            Same(Entropy(Normed(mid)), PolicyMeasure.FfnInputEntropy);
            Same(Entropy(f), PolicyMeasure.FfnEntropy);
            Same(Entropy(y), PolicyMeasure.LayerEntropy);
            Same(Entropy(y) - Entropy(x), PolicyMeasure.LayerChange);
            Same(Entropy(a) - Entropy(Normed(x)), PolicyMeasure.AttentionChange);
            Same(Entropy(f) - Entropy(Normed(mid)), PolicyMeasure.FfnChange);
            Same(Divergence(a), PolicyMeasure.AttentionDivergence);
            Same(Divergence(f), PolicyMeasure.FfnDivergence);
            Same(Divergence(y), PolicyMeasure.LayerDivergence);
            Same(Shared(y), PolicyMeasure.LayerOverlap);
            Same(Cosine(a, x), PolicyMeasure.AttentionCosine);
            Same(Cosine(f, mid), PolicyMeasure.FfnCosine);

            // What would be found with the norm in the wrong place is another number.
            Assert.NotEqual(Entropy(x), Entropy(Normed(x)), 1e-2);
        }

        Assert.Equal(own.Average(z => z.Sum(v => -Math.Exp(v) * v)), result.FinalEntropies[0], 2e-4);
    }

    /// <summary>Trap 1: at the last layer no norm is another policy than the model's own, and the final norm is that policy.</summary>
    [Fact]
    public void OnlyTheFinalNormMakesTheLastLayerTheModelsOwnPolicy()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device, change: Gains);
        PolicyResult At(LensNorm norm) => InternalPolicies.Run(planted.Model, [Long], new PolicyOptions { Norm = norm });
        const int Last = PlantedModel.Layers - 1;
        PolicyResult none = At(LensNorm.None);
        Assert.True(none[PolicyMeasure.LayerDivergence, 0, Last] > 0.01);
        Assert.NotEqual(none.FinalEntropies[0], none[PolicyMeasure.LayerEntropy, 0, Last], 1e-2);
        foreach (LensNorm norm in (LensNorm[])[LensNorm.Recomputed, LensNorm.CachedScale])
        {
            PolicyResult normed = At(norm);
            Assert.Equal(0, normed[PolicyMeasure.LayerDivergence, 0, Last]);
            Assert.Equal(1, normed[PolicyMeasure.LayerOverlap, 0, Last]);
            Assert.Equal(normed.FinalEntropies[0], normed[PolicyMeasure.LayerEntropy, 0, Last]);
            Assert.Equal(none.FinalEntropies[0], normed.FinalEntropies[0], 1e-5);
        }
    }

    /// <summary>Trap 2: the boundary layer is counted from 1, and is the last whose FFN raises the entropy.</summary>
    [Fact]
    public void TheBoundaryLayerIsCountedFromOne()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        double Boundary(Action<string, float[]> change)
        {
            using var planted = new PlantedModel(device, change: change);
            return InternalPolicies.Run(planted.Model, [Long, Short]).BoundaryLayer.Mean;
        }

        void Loud(string name, float[] values)
        {
            for (int i = 0; i < values.Length && name.EndsWith("down_proj.weight", StringComparison.Ordinal); i++)
            {
                values[i] *= 100;
            }
        }

        Assert.Equal(0, Boundary(Loud));
        Assert.Equal(1, Boundary((name, values) => { Loud(name, values); Zero("0.mlp.down_proj")(name, values); }));
        Assert.Equal(2, Boundary((name, values) => { Loud(name, values); Zero("1.mlp.down_proj")(name, values); }));
    }

    /// <summary>Answers of unequal lengths count the same: means over tokens, then over samples.</summary>
    [Fact]
    public void MeansAreOverTokensAndThenOverSamples()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        PolicyResult both = InternalPolicies.Run(planted.Model, [Long, Short]);
        double a = InternalPolicies.Run(planted.Model, [Long])[PolicyMeasure.FfnChange, 0, 1], b = InternalPolicies.Run(planted.Model, [Short])[PolicyMeasure.FfnChange, 0, 1];
        Assert.Equal(a, both[PolicyMeasure.FfnChange, 0, 1]);
        Assert.Equal((a + b) / 2, both.Mean(PolicyMeasure.FfnChange, 1).Mean, 12);
        Assert.NotEqual(((a * 7) + (b * 2)) / 9, (a + b) / 2, 1e-3);
        Assert.Equal(2, both.Mean(PolicyMeasure.FfnChange, 1).Count);
    }

    /// <summary>More answers to the same prompts are no more prompts: intervals do not shrink by repeating what is there.</summary>
    [Fact]
    public void IntervalsAreOverPrompts()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        PolicySample third = new([90, 12], [31, 7, 66]);
        Estimate once = InternalPolicies.Run(planted.Model, [Long, Short, third]).Mean(PolicyMeasure.FfnChange, 1);
        PolicyResult again = InternalPolicies.Run(planted.Model, [Long, Short, third, Long, Short, third]);
        Estimate twice = again.Mean(PolicyMeasure.FfnChange, 1);
        Assert.Equal(3, again.Prompts);
        Assert.Equal(6, twice.Count);
        Assert.Equal((once.Mean, once.Low, once.High), (twice.Mean, twice.Low, twice.High), (a, b) => Math.Abs(a.Mean - b.Mean) + Math.Abs(a.Low - b.Low) + Math.Abs(a.High - b.High) < 1e-9);
        Assert.True(once.Low < once.Mean && once.Mean < once.High);

        // With one prompt, over its answers.
        Assert.True(InternalPolicies.Run(planted.Model, [Short, Short with { Response = [3, 4, 5] }]).Mean(PolicyMeasure.FfnChange, 1) is { } one && one.Low < one.High);
    }

    /// <summary>Little memory for states means more passes and the same bits.</summary>
    [Fact]
    public void LittleMemoryGivesTheSameBits()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("qwen3"), new LoadOptions { Device = device });
        PolicySample sample = new([3, 9, 4], [1, 5, 9, 2, 6]);
        PolicyResult whole = InternalPolicies.Run(model, [sample]), parts = InternalPolicies.Run(model, [sample], new PolicyOptions { StateBytes = 1 });
        foreach (PolicyMeasure measure in Enum.GetValues<PolicyMeasure>())
        {
            for (int l = 0; l < model.Spec.Layers; l++)
            {
                Assert.Equal(whole[measure, 0, l], parts[measure, 0, l]);
            }
        }
    }

    /// <summary>The states from which tokens were drawn are those one position earlier.</summary>
    [Fact]
    public void PredictingStatesAreOnePositionEarlier()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var planted = new PlantedModel(device);
        PolicyResult predicting = InternalPolicies.Run(planted.Model, [new([17, 80, 3], [201, 44])], new PolicyOptions { Rows = PolicyRows.Predicting });
        PolicyResult shifted = InternalPolicies.Run(planted.Model, [new([17, 80], [3, 201])]);
        Assert.Equal(shifted[PolicyMeasure.LayerEntropy, 0, 1], predicting[PolicyMeasure.LayerEntropy, 0, 1]);
        Assert.NotEqual(InternalPolicies.Run(planted.Model, [new([17, 80, 3], [201, 44])])[PolicyMeasure.LayerEntropy, 0, 1], predicting[PolicyMeasure.LayerEntropy, 0, 1], 1e-4);
    }

    private static Action<string, float[]> Zero(string matrix) => (name, values) =>
    {
        if (name.Contains($"layers.{matrix}", StringComparison.Ordinal))
        {
            Array.Clear(values);
        }
    };
}
