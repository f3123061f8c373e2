using Weir.Analysis.Policies;
using Weir.Analysis.Tests.Neurons;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Policies;

/// <summary>What the measures mean where a block is no plain one.</summary>
public sealed class PolicyFamiliesTests
{
    private static readonly PolicySample Sample = new([3, 9, 4], [1, 5, 9, 2, 6]);

    [Theory]
    [InlineData("gpt2")]
    [InlineData("pythia")]
    [InlineData("llama3")]
    [InlineData("gemma2")]
    [InlineData("olmo2")]
    public void WithTheFinalNormTheLastLayerIsTheModelsOwnPolicy(string name)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Load(device, name);
        PolicyResult result = InternalPolicies.Run(model, [Sample], new PolicyOptions { Norm = LensNorm.Recomputed });
        using ForwardResult pass = model.Forward([.. Sample.Prompt, .. Sample.Response]);
        float[][] logits = [.. PlantedModel.Host(model, pass.Logits).Chunk(model.Spec.VocabularySize).Skip(Sample.Prompt.Count)];
        double entropy = logits.Average(row =>
        {
            double max = row.Max(), sum = max + Math.Log(row.Sum(z => Math.Exp(z - max)));
            return row.Sum(z => -Math.Exp(z - sum) * (z - sum));
        });
        Assert.Equal(entropy, result[PolicyMeasure.LayerEntropy, 0, model.Spec.Layers - 1], 1e-5);
        Assert.Equal(0, result[PolicyMeasure.LayerDivergence, 0, model.Spec.Layers - 1]);
        Assert.Equal(entropy, InternalPolicies.Run(model, [Sample]).FinalEntropies[0], 1e-5);
    }

    /// <summary>
    /// Without a norm a policy is the state times the unembedding, without the final cap; the model's own, which it is compared
    /// with, has it.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(0.5)]
    public void WithoutANormThereIsNoCap(float temperature)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Load(device, "gemma2");
        PolicyResult result = InternalPolicies.Run(model, [Sample], new PolicyOptions { Temperature = temperature });
        float[] tokens = PlantedModel.Tokens(model);
        using ForwardResult pass = model.Forward([.. Sample.Prompt, .. Sample.Response], new HookSet().Capture(Site.ResidualPost.AllLayers));
        double[][] own = [.. PlantedModel.Host(model, pass.Logits).Chunk(model.Spec.VocabularySize).Skip(Sample.Prompt.Count)
            .Select(row => Oracle.LogSoftmax([.. row], [1], temperature))];
        for (int l = 0; l < model.Spec.Layers; l++)
        {
            double[][] policies = [.. PlantedModel.Host(model, pass[Site.ResidualPost[l]]).Chunk(model.Spec.Width).Skip(Sample.Prompt.Count)
                .Select(row => Oracle.LogSoftmax(tokens, [.. row.Select(x => (double)x)], temperature))];
            Assert.Equal(policies.Average(p => p.Sum(z => -Math.Exp(z) * z)), result[PolicyMeasure.LayerEntropy, 0, l], 1e-4);
            double divergence = policies.Zip(own, (p, q) => p.Zip(q, (z, r) => Math.Exp(z) * (z - r)).Sum()).Average();
            Assert.Equal(divergence, result[PolicyMeasure.LayerDivergence, 0, l], 1e-4 * Math.Max(1, divergence));
            double overlap = policies.Zip(own, (p, q) => Oracle.First(p, 5).Intersect(Oracle.First(q, 5)).Count() / 5.0).Average();
            Assert.Equal(overlap, result[PolicyMeasure.LayerOverlap, 0, l], 1e-6);
        }
    }

    /// <summary>Sublayers without a norm in front of them read the residual itself.</summary>
    [Fact]
    public void WithoutANormInFrontTheInputIsTheResidual()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Load(device, "olmo2");
        PolicyResult result = InternalPolicies.Run(model, [Sample]);
        for (int l = 0; l < model.Spec.Layers; l++)
        {
            Assert.Equal(result[PolicyMeasure.LayerInputEntropy, 0, l], result[PolicyMeasure.AttentionInputEntropy, 0, l]);
        }
    }

    /// <summary>In a parallel block the FFN reads the block's input; its output is still compared with H + A.</summary>
    [Fact]
    public void AParallelFfnReadsTheBlocksInput()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Load(device, "pythia");
        PolicyResult result = InternalPolicies.Run(model, [Sample]);
        float[] tokens = PlantedModel.Tokens(model);
        using ForwardResult pass = model.Forward([.. Sample.Prompt, .. Sample.Response], new HookSet().Capture(
            "blocks.*.ln2.hook_normalized", "blocks.*.hook_resid_pre", "blocks.*.hook_attn_out", "blocks.*.hook_mlp_out"));
        double[][] Rows(Site site) => [.. PlantedModel.Host(model, pass[site]).Chunk(model.Spec.Width).Skip(Sample.Prompt.Count).Select(r => r.Select(x => (double)x).ToArray())];
        for (int l = 0; l < model.Spec.Layers; l++)
        {
            NormValues norm = model.Vectors.MlpNorm(l)!;
            double entropy = Rows(Site.Parse($"ln2.normalized.{l}")).Average(row =>
                Oracle.LogSoftmax(tokens, [.. row.Select((x, i) => (x * norm.Gain[i]) + norm.Bias![i])]).Sum(z => -Math.Exp(z) * z));
            Assert.Equal(entropy, result[PolicyMeasure.FfnInputEntropy, 0, l], 1e-4);
            double[][] mid = [.. Rows(Site.ResidualPre[l]).Zip(Rows(Site.AttentionOut[l]), (x, a) => x.Zip(a, (u, v) => u + v).ToArray())];
            double cosine = Rows(Site.MlpOut[l]).Zip(mid, (f, x) => f.Zip(x, (u, v) => u * v).Sum() / Math.Sqrt(f.Sum(u => u * u) * x.Sum(v => v * v))).Average();
            Assert.Equal(cosine, result[PolicyMeasure.FfnCosine, 0, l], 1e-5);
        }
    }

    /// <summary>Without a final norm none is the model's own policy, and a norm is refused.</summary>
    [Fact]
    public void WithoutAFinalNormANormIsRefused()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Load(device, "opt-postnorm");
        PolicyResult result = InternalPolicies.Run(model, [Sample]);
        Assert.Equal(0, result[PolicyMeasure.LayerDivergence, 0, model.Spec.Layers - 1]);
        var error = Assert.Throws<WeirException>(() => InternalPolicies.Run(model, [Sample], new PolicyOptions { Norm = LensNorm.Recomputed }));
        Assert.Contains("UnsupportedNorm", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SamplesThatCannotBeReadAreRefused()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Load(device, "llama3");
        Assert.Throws<WeirException>(() => InternalPolicies.Run(model, []));
        Assert.Throws<WeirException>(() => InternalPolicies.Run(model, [new([], [1])]));
        Assert.Throws<WeirException>(() => InternalPolicies.Run(model, [new([1], [])]));
        Assert.Throws<WeirException>(() => InternalPolicies.Run(model, [new([1], new int[model.Spec.ContextLength])]));
    }

    /// <summary>Answers depend on prompt and seed alone, however they are batched.</summary>
    [Fact]
    public void AnswersAreTheSameInAnyBatch()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Load(device, "llama3");
        var options = new ResponseOptions { Samples = 3, MaxTokens = 6, Seed = 5 };
        IReadOnlyList<PolicySample> together = ResponseSampler.Draw(model, [[3, 9, 4], [1, 5]], options);
        IReadOnlyList<PolicySample> apart = ResponseSampler.Draw(model, [[3, 9, 4], [1, 5]], options with { Batch = 1 });
        Assert.Equal(6, together.Count);
        Assert.Equal([3, 9, 4], together[2].Prompt);
        Assert.Equal([1, 5], together[3].Prompt);
        Assert.All(together.Zip(apart), pair => Assert.Equal(pair.First.Response, pair.Second.Response));
        Assert.NotEqual(together[0].Response, together[1].Response);
    }

    private static Model Load(IDevice device, string name) => Model.Load(Fixture.Model(name), new LoadOptions { Device = device });
}
