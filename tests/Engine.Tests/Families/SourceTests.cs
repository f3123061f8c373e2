using Weir.Engine.Checkpoints;
using Weir.Engine.Families;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Families;

/// <summary>Where the weights stand: fused layouts, orders and norms by family.</summary>
public sealed class SourceTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("pythia")]
    [InlineData("opt-postnorm")]
    [InlineData("llama3")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("gemma2")]
    [InlineData("olmo2")]
    public void SlicesCoverEveryOutputAndLieInTheirTensors(string name)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Model(name));
        ModelSpec spec = checkpoint.Spec;
        foreach (BlockSource block in checkpoint.Source.Blocks)
        {
            Covers(block.QueryKeyValue, spec.Width, spec.Attention.QueryWidth + 2 * spec.Attention.KeyWidth);
            Covers(block.AttentionOutput, spec.Attention.QueryWidth, spec.Width);
            Covers(block.MlpInput, spec.Width, spec.Mlp.Width * (spec.Mlp.Gated ? 2 : 1));
            Covers(block.MlpOutput, spec.Mlp.Width, spec.Width);
        }

        Covers(checkpoint.Source.Head, spec.Embedding.Width, spec.VocabularySize);

        void Covers(LinearSource linear, int input, int output)
        {
            Assert.Equal((input, output), (linear.InputWidth, linear.OutputWidth));
            Assert.Equal(output, linear.Weight.Sum(s => s.Count));
            foreach (OutputSlice slice in linear.Weight)
            {
                ReadOnlySpan<long> shape = checkpoint.Tensor(slice.Tensor).Shape;
                Assert.Equal(input, shape[slice.Transposed ? 0 : 1]);
                Assert.InRange(slice.Start + slice.Count, 1, (int)shape[slice.Transposed ? 1 : 0]);
            }

            if (linear.Bias is not { } bias)
                return;
            Assert.Equal(output, bias.Sum(s => s.Count));
            foreach (OutputSlice slice in bias)
                Assert.InRange(slice.Start + slice.Count, 1, (int)checkpoint.Tensor(slice.Tensor).Shape[0]);
        }
    }

    [Fact]
    public void Gpt2IsStoredTransposedInContiguousThirds()
    {
        BlockSource block = First("gpt2");
        Assert.Equal([new OutputSlice("transformer.h.0.attn.c_attn.weight", 0, 192, true)], block.QueryKeyValue.Weight);
        Assert.Equal([new OutputSlice("transformer.h.0.attn.c_attn.bias", 0, 192)], block.QueryKeyValue.Bias!);
        Assert.True(block.MlpOutput.Weight[0].Transposed);
    }

    [Fact]
    public void NeoXHoldsQueryKeyValueHeadByHead()
    {
        LinearSource qkv = First("pythia").QueryKeyValue;
        const string Weight = "gpt_neox.layers.0.attention.query_key_value.weight";
        Assert.Equal(
            new[] { 0, 48, 96, 144, 16, 64, 112, 160, 32, 80, 128, 176 }.Select(start => new OutputSlice(Weight, start, 16)), qkv.Weight);
        Assert.Equal(qkv.Weight.Select(s => s.Start), qkv.Bias!.Select(s => s.Start));
        Assert.All(qkv.Bias!, s => Assert.EndsWith(".bias", s.Tensor, StringComparison.Ordinal));
    }

    [Fact]
    public void LlamaHasQueryThenKeyThenValueAndGateThenUp()
    {
        BlockSource block = First("llama2");
        Assert.Equal(
            [
                new OutputSlice("model.layers.0.self_attn.q_proj.weight", 0, 64),
                new OutputSlice("model.layers.0.self_attn.k_proj.weight", 0, 32),
                new OutputSlice("model.layers.0.self_attn.v_proj.weight", 0, 32),
            ], block.QueryKeyValue.Weight);
        Assert.Equal(
            ["model.layers.0.mlp.gate_proj.weight", "model.layers.0.mlp.up_proj.weight"], block.MlpInput.Weight.Select(s => s.Tensor));
        Assert.Null(block.QueryKeyValue.Bias);
        Assert.Equal("model.layers.0.post_attention_layernorm.weight", block.MlpNorm!.Gain);
        Assert.Null(block.AttentionPostNorm);
    }

    [Fact]
    public void Qwen2HasBiasesOnQueryKeyValueOnly()
    {
        BlockSource block = First("qwen2");
        Assert.Equal(3, block.QueryKeyValue.Bias!.Count);
        Assert.Null(block.AttentionOutput.Bias);
        Assert.Null(block.MlpInput.Bias);
    }

    [Theory]
    [InlineData("qwen3", 24, 24)]
    [InlineData("olmo2", 60, 30)]
    public void QueryAndKeyNormsHaveTheirWidths(string name, int query, int key)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Model(name));
        BlockSource block = checkpoint.Source.Blocks[0];
        Assert.Equal(query, checkpoint.Tensor(block.QueryNorm!.Gain!).ElementCount);
        Assert.Equal(key, checkpoint.Tensor(block.KeyNorm!.Gain!).ElementCount);
    }

    [Fact]
    public void Gemma2HasFourNorms()
    {
        BlockSource block = First("gemma2");
        Assert.Equal(
            ["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"],
            new[] { block.AttentionNorm, block.AttentionPostNorm, block.MlpNorm, block.MlpPostNorm }
                .Select(n => n!.Gain!["model.layers.0.".Length..^".weight".Length]));
    }

    [Fact]
    public void Olmo2HasNoNormBeforeItsSublayers()
    {
        BlockSource block = First("olmo2");
        Assert.Null(block.AttentionNorm);
        Assert.Null(block.MlpNorm);
        Assert.Equal("model.layers.0.post_attention_layernorm.weight", block.AttentionPostNorm!.Gain);
        Assert.Equal("model.layers.0.post_feedforward_layernorm.weight", block.MlpPostNorm!.Gain);
    }

    [Fact]
    public void SmallOptProjectsBetweenEmbeddingAndModel()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Model("opt-postnorm"));
        ModelSource source = checkpoint.Source;
        Assert.Equal((48, 64), (source.ProjectIn!.InputWidth, source.ProjectIn.OutputWidth));
        Assert.Equal((64, 48), (source.ProjectOut!.InputWidth, source.ProjectOut.OutputWidth));
        Assert.Null(source.FinalNorm);
        Assert.Equal("model.decoder.embed_tokens.weight", source.Head.Weight[0].Tensor);
    }

    private static BlockSource First(string name)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Model(name));
        return checkpoint.Source.Blocks[0];
    }
}
