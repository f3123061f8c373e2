using Weir.Engine.Families;
using Weir.Kernels.Ops;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Families;

/// <summary>What is read from configurations as the published models have them, every key included that they carry along.</summary>
public sealed class HubConfigTests
{
    [Theory]
    [InlineData("gpt2", 12, 768, 50257, 12, 12, 64, 3072, true, 1024)]
    [InlineData("gpt2-medium", 24, 1024, 50257, 16, 16, 64, 4096, true, 1024)]
    [InlineData("gpt2-large", 36, 1280, 50257, 20, 20, 64, 5120, true, 1024)]
    [InlineData("gpt2-xl", 48, 1600, 50257, 25, 25, 64, 6400, true, 1024)]
    [InlineData("distilgpt2", 6, 768, 50257, 12, 12, 64, 3072, true, 1024)]
    [InlineData("pythia-14m", 6, 128, 50304, 4, 4, 32, 512, false, 2048)]
    [InlineData("pythia-70m", 6, 512, 50304, 8, 8, 64, 2048, false, 2048)]
    [InlineData("pythia-160m", 12, 768, 50304, 12, 12, 64, 3072, false, 2048)]
    [InlineData("pythia-410m", 24, 1024, 50304, 16, 16, 64, 4096, false, 2048)]
    [InlineData("pythia-1b", 16, 2048, 50304, 8, 8, 256, 8192, false, 2048)]
    [InlineData("pythia-1.4b", 24, 2048, 50304, 16, 16, 128, 8192, false, 2048)]
    [InlineData("pythia-2.8b", 32, 2560, 50304, 32, 32, 80, 10240, false, 2048)]
    [InlineData("pythia-6.9b", 32, 4096, 50432, 32, 32, 128, 16384, false, 2048)]
    [InlineData("pythia-12b", 36, 5120, 50688, 40, 40, 128, 20480, false, 2048)]
    [InlineData("opt-125m", 12, 768, 50272, 12, 12, 64, 3072, true, 2048)]
    [InlineData("opt-350m", 24, 1024, 50272, 16, 16, 64, 4096, true, 2048)]
    [InlineData("opt-1.3b", 24, 2048, 50272, 32, 32, 64, 8192, true, 2048)]
    [InlineData("galactica-125m", 12, 768, 50000, 12, 12, 64, 3072, true, 2048)]
    [InlineData("Llama-2-7b-hf", 32, 4096, 32000, 32, 32, 128, 11008, false, 4096)]
    [InlineData("TinyLlama-1.1B-Chat-v1.0", 22, 2048, 32000, 32, 4, 64, 5632, false, 2048)]
    [InlineData("Meta-Llama-3-8B", 32, 4096, 128256, 32, 8, 128, 14336, false, 8192)]
    [InlineData("Llama-3.1-8B-Instruct", 32, 4096, 128256, 32, 8, 128, 14336, false, 131072)]
    [InlineData("Llama-3.2-1B", 16, 2048, 128256, 32, 8, 64, 8192, true, 131072)]
    [InlineData("Llama-3.2-3B", 28, 3072, 128256, 24, 8, 128, 8192, true, 131072)]
    [InlineData("SmolLM2-135M", 30, 576, 49152, 9, 3, 64, 1536, true, 8192)]
    [InlineData("Mistral-7B-v0.1", 32, 4096, 32000, 32, 8, 128, 14336, false, 32768)]
    [InlineData("Mistral-7B-Instruct-v0.2", 32, 4096, 32000, 32, 8, 128, 14336, false, 32768)]
    [InlineData("Mistral-7B-Instruct-v0.3", 32, 4096, 32768, 32, 8, 128, 14336, false, 32768)]
    [InlineData("Mistral-Nemo-Base-2407", 40, 5120, 131072, 32, 8, 128, 14336, false, 128000)]
    [InlineData("Qwen2.5-0.5B", 24, 896, 151936, 14, 2, 64, 4864, true, 32768)]
    [InlineData("Qwen2.5-0.5B-Instruct", 24, 896, 151936, 14, 2, 64, 4864, true, 32768)]
    [InlineData("Qwen2.5-1.5B", 28, 1536, 151936, 12, 2, 128, 8960, true, 131072)]
    [InlineData("Qwen2.5-3B", 36, 2048, 151936, 16, 2, 128, 11008, true, 32768)]
    [InlineData("Qwen2.5-7B", 28, 3584, 152064, 28, 4, 128, 18944, false, 131072)]
    [InlineData("Qwen2.5-7B-Instruct", 28, 3584, 152064, 28, 4, 128, 18944, false, 32768)]
    [InlineData("DeepSeek-R1-Distill-Qwen-1.5B", 28, 1536, 151936, 12, 2, 128, 8960, false, 131072)]
    [InlineData("Qwen3-0.6B", 28, 1024, 151936, 16, 8, 128, 3072, true, 40960)]
    [InlineData("Qwen3-1.7B", 28, 2048, 151936, 16, 8, 128, 6144, true, 40960)]
    [InlineData("Qwen3-4B", 36, 2560, 151936, 32, 8, 128, 9728, true, 40960)]
    [InlineData("Qwen3-8B", 36, 4096, 151936, 32, 8, 128, 12288, false, 40960)]
    [InlineData("gemma-2-2b", 26, 2304, 256000, 8, 4, 256, 9216, true, 8192)]
    [InlineData("gemma-2-9b", 42, 3584, 256000, 16, 8, 256, 14336, true, 8192)]
    [InlineData("gemma-2-27b", 46, 4608, 256000, 32, 16, 128, 36864, true, 8192)]
    [InlineData("OLMo-2-0425-1B", 16, 2048, 100352, 16, 16, 128, 8192, false, 4096)]
    [InlineData("OLMo-2-1124-7B", 32, 4096, 100352, 32, 32, 128, 11008, false, 4096)]
    [InlineData("OLMo-2-1124-13B", 40, 5120, 100352, 40, 40, 128, 13824, false, 4096)]
    public void Shapes(
        string name, int layers, int width, int vocabulary, int heads, int keyValueHeads, int headSize, int inner, bool tied, int context)
    {
        ModelSpec spec = Read(name);
        Assert.Equal((layers, width, vocabulary, context), (spec.Layers, spec.Width, spec.VocabularySize, spec.ContextLength));
        Assert.Equal((heads, keyValueHeads, headSize), (spec.Attention.Heads, spec.Attention.KeyValueHeads, spec.Attention.HeadSize));
        Assert.Equal((inner, tied), (spec.Mlp.Width, spec.TiedHead));
        Assert.Empty(spec.Warnings);
    }

    [Theory]
    [InlineData("gpt2", null, new[] { 50256 })]
    [InlineData("pythia-70m", null, new[] { 0 })]
    [InlineData("opt-125m", 2, new[] { 2 })]
    [InlineData("galactica-125m", 0, new[] { 2 })]
    [InlineData("Llama-2-7b-hf", 1, new[] { 2 })]
    [InlineData("Llama-3.1-8B-Instruct", 128000, new[] { 128001, 128008, 128009 })]
    [InlineData("Mistral-7B-v0.1", 1, new[] { 2 })]
    [InlineData("Qwen2.5-0.5B-Instruct", null, new[] { 151645 })]
    [InlineData("DeepSeek-R1-Distill-Qwen-1.5B", null, new[] { 151643 })]
    [InlineData("Qwen3-4B", null, new[] { 151645 })]
    [InlineData("gemma-2-2b", 2, new[] { 1 })]
    [InlineData("OLMo-2-1124-7B", null, new[] { 100257 })]
    public void Tokens(string name, int? begin, int[] end)
    {
        ModelSpec spec = Read(name);
        Assert.Equal(begin, spec.BeginToken);
        Assert.Equal(end, spec.EndTokens);
    }

    [Theory]
    [InlineData("gpt2", null, 0, 0)]
    [InlineData("opt-350m", null, 0, 0)]
    [InlineData("pythia-1b", "default", 10_000, 64)]
    [InlineData("pythia-2.8b", "default", 10_000, 20)]
    [InlineData("Llama-2-7b-hf", "default", 10_000, 128)]
    [InlineData("Meta-Llama-3-8B", "default", 500_000, 128)]
    [InlineData("Llama-3.1-8B-Instruct", "llama3", 500_000, 128)]
    [InlineData("Llama-3.2-1B", "llama3", 500_000, 64)]
    [InlineData("SmolLM2-135M", "default", 100_000, 64)]
    [InlineData("Mistral-7B-v0.1", "default", 10_000, 128)]
    [InlineData("Mistral-7B-Instruct-v0.2", "default", 1_000_000, 128)]
    [InlineData("Qwen2.5-7B", "default", 1_000_000, 128)]
    [InlineData("DeepSeek-R1-Distill-Qwen-1.5B", "default", 10_000, 128)]
    [InlineData("Qwen3-0.6B", "default", 1_000_000, 128)]
    [InlineData("gemma-2-27b", "default", 10_000, 128)]
    [InlineData("OLMo-2-1124-7B", "default", 500_000, 128)]
    public void Rotations(string name, string? rule, double theta, int dimensions)
    {
        RopeSpec? rope = Read(name).Attention.Rope;
        Assert.Equal((rule, theta, dimensions), (rope?.Rule, rope?.Theta ?? 0, rope?.Dimensions ?? 0));
    }

    [Fact]
    public void WindowsOfMistralAndGemma2Only()
    {
        Assert.Equal(Enumerable.Repeat(4096, 32), Read("Mistral-7B-v0.1").Attention.Windows);
        Assert.Equal(Enumerable.Range(0, 26).Select(l => l % 2 == 0 ? 4096 : 0), Read("gemma-2-2b").Attention.Windows);
        string[] none = ["Mistral-7B-Instruct-v0.2", "Mistral-7B-Instruct-v0.3", "Qwen2.5-0.5B-Instruct", "DeepSeek-R1-Distill-Qwen-1.5B", "Qwen3-8B"];
        Assert.All(none, name => Assert.Empty(Read(name).Attention.Windows));
    }

    [Fact]
    public void WhatEachFamilyAdds()
    {
        Assert.Equal(Activation.GeluTanh, Read("gpt2").Mlp.Activation);
        Assert.Equal((Activation.GeluErf, true), (Read("pythia-70m").Mlp.Activation, Read("pythia-70m").ParallelResidual));
        ModelSpec narrow = Read("opt-350m");
        Assert.Equal((NormPlacement.AfterResidual, 512, false), (narrow.Placement, narrow.Embedding.Width, narrow.FinalNorm));
        Assert.Equal((NormPlacement.Pre, true), (Read("opt-1.3b").Placement, Read("opt-1.3b").FinalNorm));
        Assert.Equal(Activation.GeluErf, Read("galactica-125m").Mlp.Activation);
        Assert.Equal(QueryKeyNorm.PerHead, Read("Qwen3-0.6B").Attention.QueryKeyNorm);
        Assert.Equal(QueryKeyNorm.WholeProjection, Read("OLMo-2-1124-7B").Attention.QueryKeyNorm);
        ModelSpec gemma = Read("gemma-2-27b");
        Assert.Equal((1 / 12f, 50f, 30f), (gemma.Attention.Scale, gemma.Attention.Softcap, gemma.FinalSoftcap));
        Assert.Equal(MathF.Sqrt(4608), gemma.Embedding.Scale);
    }

    private static ModelSpec Read(string name) => FamilyRegistry.ReadSpec(
        File.ReadAllBytes(Path.Combine(Root, "tests", "Engine.Tests", "Families", "HubConfigs", $"{name}.json")));
}
