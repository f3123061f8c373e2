using System.Text;
using System.Text.Json.Nodes;
using Weir.Engine.Checkpoints;
using Weir.Engine.Families;
using Weir.Kernels.Ops;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Families;

/// <summary>What a configuration's keys do: published models, defaults, options that are refused.</summary>
public sealed class ConfigTests
{
    [Fact]
    public void Llama31()
    {
        ModelSpec spec = Read("""
            {"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":4096,"intermediate_size":14336,
             "num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":128256,"bos_token_id":128000,
             "eos_token_id":[128001,128008,128009],"max_position_embeddings":131072,"rms_norm_eps":1e-05,"rope_theta":500000.0,
             "rope_scaling":{"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192,
             "rope_type":"llama3"},"tie_word_embeddings":false,"torch_dtype":"bfloat16","pretraining_tp":1}
            """);
        Assert.Equal(RopeScaling.Llama3(128, 500_000, 8, 1, 4, 8192).Frequencies, spec.Attention.Rope!.Frequencies);
        Assert.Equal((8, 128, 128000), (spec.Attention.KeyValueHeads, spec.Attention.HeadSize, spec.BeginToken!.Value));
        Assert.Equal([128001, 128008, 128009], spec.EndTokens);
    }

    [Fact]
    public void Mistral7B() => Assert.Equal(
        Enumerable.Repeat(4096, 32),
        Read("""
            {"architectures":["MistralForCausalLM"],"model_type":"mistral","hidden_size":4096,"intermediate_size":14336,
             "num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":32000,"sliding_window":4096}
            """).Attention.Windows);

    [Theory]
    [InlineData("{}", 4096)]
    [InlineData("""{"sliding_window":null}""", 0)]
    [InlineData("""{"sliding_window":7}""", 7)]
    public void MistralsWindowHasADefaultButCanBeNull(string config, int window) =>
        Assert.Equal(window, Read(config, "mistral").Attention.Window(31));

    [Theory]
    [InlineData("{}", 0, 0)]
    [InlineData("""{"sliding_window":8}""", 0, 0)]
    [InlineData("""{"use_sliding_window":true}""", 0, 4096)]
    [InlineData("""{"use_sliding_window":true,"sliding_window":8,"max_window_layers":0}""", 8, 8)]
    [InlineData("""{"use_sliding_window":true,"sliding_window":8,"max_window_layers":40}""", 0, 0)]
    [InlineData("""{"use_sliding_window":true,"sliding_window":null}""", 0, 0)]
    public void QwensWindowsNeedTheirFlag(string config, int first, int last)
    {
        foreach (string family in new[] { "qwen2", "qwen3" })
        {
            AttentionSpec attention = Read(config, family).Attention;
            Assert.Equal((first, last), (attention.Window(0), attention.Window(31)));
            Assert.Equal(first == 0 && last == 0, attention.Windows.Count == 0);
        }
    }

    [Fact]
    public void LayerTypesGoBeforeTheRule()
    {
        const string Types = """{"num_hidden_layers":2,"layer_types":["full_attention","sliding_attention"],"sliding_window":8,"use_sliding_window":true}""";
        Assert.Equal([0, 8], Read(Types, "qwen2").Attention.Windows);
        Assert.Equal([0, 8], Read(Types, "gemma2").Attention.Windows);
        Refuses(CheckpointError.UnsupportedOption, () => Read(Types, "mistral"));
        Refuses(CheckpointError.ConfigOutOfRange, () => Read("""{"num_hidden_layers":3,"layer_types":["full_attention"]}""", "gemma2"));
        Refuses(CheckpointError.UnsupportedOption, () => Read("""{"num_hidden_layers":1,"layer_types":["linear_attention"]}""", "qwen2"));
        Refuses(
            CheckpointError.ConfigOutOfRange,
            () => Read("""{"num_hidden_layers":1,"layer_types":["sliding_attention"],"sliding_window":8}""", "qwen2"));
    }

    [Fact]
    public void Gemma2CapsAndScales()
    {
        ModelSpec spec = Read("{}", "gemma2");
        Assert.Equal((50f, 30f, 1 / 16f), (spec.Attention.Softcap, spec.FinalSoftcap, spec.Attention.Scale));
        Assert.Equal((48f, 1f, Activation.GeluTanh), (spec.Embedding.Scale, spec.Norm.GainOffset, spec.Mlp.Activation));
        Assert.Equal((4096, 0), (spec.Attention.Window(0), spec.Attention.Window(1)));
        ModelSpec open = Read("""{"attn_logit_softcapping":null,"final_logit_softcapping":null,"hidden_act":"relu"}""", "gemma2");
        Assert.Equal((0f, 0f, Activation.GeluTanh), (open.Attention.Softcap, open.FinalSoftcap, open.Mlp.Activation));
    }

    [Theory]
    [InlineData("dtype", "float32")]
    [InlineData("dtype", "bfloat16")]
    [InlineData("torch_dtype", "float16")]
    public void Gemma2sEmbeddingScaleIsAnF32RunsInEveryStoredType(string key, string type) =>
        Assert.Equal(55.425625f, Read($$"""{"hidden_size":3072,"{{key}}":"{{type}}"}""", "gemma2").Embedding.Scale);

    [Theory]
    [InlineData("gpt2", 12, 768, 50257, 1024, 3072, 1e-5f, true, null, 50256)]
    [InlineData("gpt_neox", 44, 6144, 50432, 2048, 24576, 1e-5f, false, null, 2)]
    [InlineData("opt", 12, 768, 50272, 2048, 3072, 1e-5f, true, 2, 2)]
    [InlineData("llama", 32, 4096, 32000, 2048, 11008, 1e-6f, false, 1, 2)]
    [InlineData("mistral", 32, 4096, 32000, 131072, 14336, 1e-6f, false, 1, 2)]
    [InlineData("qwen2", 32, 4096, 151936, 32768, 22016, 1e-6f, false, null, null)]
    [InlineData("qwen3", 32, 4096, 151936, 32768, 22016, 1e-6f, false, null, null)]
    [InlineData("gemma2", 26, 2304, 256000, 8192, 9216, 1e-6f, true, 2, 1)]
    [InlineData("olmo2", 32, 4096, 50304, 2048, 11008, 1e-5f, false, null, 50279)]
    public void ASilentConfigurationHasTheFamilysDefaults(
        string family, int layers, int width, int vocabulary, int context, int inner, float epsilon, bool tied, int? begin, int? end)
    {
        ModelSpec spec = Read("{}", family);
        Assert.Equal((layers, width, vocabulary, context), (spec.Layers, spec.Width, spec.VocabularySize, spec.ContextLength));
        Assert.Equal((inner, epsilon, tied, begin), (spec.Mlp.Width, spec.Norm.Epsilon, spec.TiedHead, spec.BeginToken));
        Assert.Equal(end is { } id ? [id] : [], spec.EndTokens);
    }

    [Theory]
    [InlineData("llama", 32, 128)]
    [InlineData("mistral", 8, 128)]
    [InlineData("qwen2", 32, 128)]
    [InlineData("qwen3", 32, 128)]
    [InlineData("gemma2", 4, 256)]
    [InlineData("olmo2", 32, 128)]
    public void HeadsHaveTheFamilysDefaults(string family, int keyValueHeads, int headSize)
    {
        AttentionSpec attention = Read("{}", family).Attention;
        Assert.Equal((keyValueHeads, headSize), (attention.KeyValueHeads, attention.HeadSize));
        Assert.Equal(attention.Heads, Read("""{"num_key_value_heads":null}""", family).Attention.KeyValueHeads);
    }

    [Fact]
    public void AnArchitectureAloneNamesTheFamily()
    {
        ModelSpec spec = FamilyRegistry.ReadSpec(Encoding.UTF8.GetBytes("""{"architectures":["GPT2LMHeadModel"]}"""));
        Assert.Equal("gpt2", spec.Family);
    }

    [Fact]
    public void EndTokensOfBothFilesAreUsed()
    {
        ModelSpec spec = FamilyRegistry.ReadSpec(
            Encoding.UTF8.GetBytes("""{"model_type":"qwen2","eos_token_id":151645}"""),
            Encoding.UTF8.GetBytes("""{"eos_token_id":[151645,151643]}"""));
        Assert.Equal([151645, 151643], spec.EndTokens);
        Assert.Empty(Read("""{"eos_token_id":null}""", "llama").EndTokens);
        Assert.Null(Read("""{"bos_token_id":null}""", "llama").BeginToken);
        // A model of one's own with a small vocabulary need not have the large models' default.
        Assert.Empty(Read("""{"vocab_size":1000}""", "gpt2").EndTokens);
    }

    [Theory]
    [InlineData("gpt2", "bos_token_id", "50256", 0)]
    [InlineData("gpt2", "eos_token_id", "50256", 1)]
    [InlineData("llama", "bos_token_id", "1000", 1)]
    [InlineData("llama", "eos_token_id", "-1", 1)]
    [InlineData("llama", "eos_token_id", "[1000, -1]", 2)]
    public void TokensWithoutARowAreLeftOutWithAWarning(string family, string key, string value, int warnings)
    {
        ModelSpec spec = Read($$"""{"vocab_size":1000,"{{key}}":{{value}}}""", family);
        Assert.Equal(warnings, spec.Warnings.Count);
        Assert.All(spec.Warnings, w => Assert.Contains(key, w, StringComparison.Ordinal));
        Assert.True(key == "eos_token_id" ? spec.EndTokens.Count == 0 : spec.BeginToken is null);
    }

    [Theory]
    [InlineData("gelu_new", Activation.GeluTanh)]
    [InlineData("gelu_pytorch_tanh", Activation.GeluTanh)]
    [InlineData("gelu_fast", Activation.GeluTanh)]
    [InlineData("gelu", Activation.GeluErf)]
    [InlineData("relu", Activation.Relu)]
    [InlineData("silu", Activation.Silu)]
    [InlineData("swish", Activation.Silu)]
    public void ActivationNames(string name, Activation activation)
    {
        Assert.Equal(activation, Read($$"""{"activation_function":"{{name}}"}""", "gpt2").Mlp.Activation);
        Assert.Equal(activation, Read($$"""{"hidden_act":"{{name}}"}""", "llama").Mlp.Activation);
    }

    [Theory]
    [InlineData("llama", "hidden_act", "\"quick_gelu\"")]
    [InlineData("llama", "quantization_config", "{\"quant_method\":\"fp8\"}")]
    [InlineData("llama", "rope_interleaved", "true")]
    [InlineData("llama", "partial_rotary_factor", "0.5")]
    [InlineData("llama", "rope_parameters", "{\"rope_type\":\"default\",\"partial_rotary_factor\":0.5}")]
    [InlineData("llama", "rope_scaling", "{\"type\":\"dynamic\",\"factor\":2}")]
    [InlineData("llama", "rope_scaling", "{\"rope_type\":\"longrope\"}")]
    [InlineData("llama", "rope_scaling", "{\"type\":\"mrope\"}")]
    [InlineData("llama", "rope_scaling", "{\"type\":\"linear\",\"factor\":2,\"wavelength\":3}")]
    [InlineData("llama", "rope_parameters", "{\"rope_type\":\"default\",\"factor\":2}")]
    [InlineData("llama", "rope_parameters", "{\"full_attention\":{\"rope_theta\":10},\"sliding_attention\":{\"rope_theta\":20}}")]
    [InlineData("gpt2", "add_cross_attention", "true")]
    [InlineData("gpt2", "pruned_heads", "{\"0\":[1]}")]
    [InlineData("gpt_neox", "head_dim", "64")]
    [InlineData("gemma2", "use_bidirectional_attention", "true")]
    [InlineData("qwen2", "use_mrope", "true")]
    public void OptionsThatAreRefused(string family, string key, string value)
    {
        CheckpointException e = Refuses(CheckpointError.UnsupportedOption, () => Read($$"""{"{{key}}":{{value}}}""", family));
        Assert.Equal("config.json", e.File);
    }

    [Theory]
    [InlineData("llama", """{"quantization_config":null,"pruned_heads":{},"rope_interleaved":false,"is_llama_config":true,"attention_dropout":0.1}""")]
    [InlineData("gpt2", """{"reorder_and_upcast_attn":true,"n_ctx":1024,"task_specific_params":{"a":{}},"summary_type":"cls_index"}""")]
    [InlineData("gemma2", """{"use_bidirectional_attention":null,"cache_implementation":"hybrid"}""")]
    [InlineData("llama", """{"rope_parameters":{"full_attention":{"rope_theta":10000.0},"sliding_attention":{"rope_theta":10000.0}}}""")]
    [InlineData("llama", """{"rope_scaling":{},"rope_theta":10000}""")]
    [InlineData("llama", """{"rope_scaling":{"type":"default"},"rope_theta":10000}""")]
    public void OptionsThatChangeNothing(string family, string config) => Assert.Equal(
        System.Text.Json.JsonSerializer.Serialize(Read("{}", family)), System.Text.Json.JsonSerializer.Serialize(Read(config, family)));

    [Fact]
    public void Gpt2ReadsItsFlags()
    {
        Assert.Equal(0.125f, Read("{}", "gpt2").Attention.Scale);
        Assert.Equal(1, Read("""{"scale_attn_weights":false}""", "gpt2").Attention.Scale);
        Assert.Equal(100, Read("""{"n_inner":100}""", "gpt2").Mlp.Width);
        Assert.Equal(3072, Read("""{"n_inner":null}""", "gpt2").Mlp.Width);
        Assert.Equal(96, Read("""{"hidden_size":96,"num_attention_heads":3}""", "gpt2").Width);
    }

    [Fact]
    public void OptReadsItsFlags()
    {
        Assert.False(Read("""{"_remove_final_layer_norm":true}""", "opt").FinalNorm);
        Assert.Equal(NormPlacement.AfterResidual, Read("""{"do_layer_norm_before":false}""", "opt").Placement);
        Assert.Equal((2050, 2), (Read("{}", "opt").Embedding.PositionRows, Read("{}", "opt").Embedding.PositionOffset));
    }

    [Fact]
    public void NeoXReadsBothFormsOfItsRotation()
    {
        RopeSpec four = Read("""{"rotary_pct":0.5,"rotary_emb_base":500}""", "gpt_neox").Attention.Rope!;
        RopeSpec five = Read("""{"rope_parameters":{"rope_theta":500,"partial_rotary_factor":0.5}}""", "gpt_neox").Attention.Rope!;
        Assert.Equal((48, 500.0), (four.Dimensions, four.Theta));
        Assert.Equal(four.Frequencies, five.Frequencies);
        Assert.Equal(24, Read("{}", "gpt_neox").Attention.Rope!.Dimensions);
        Assert.Equal(8, Read("""{"rotary_pct":0.08}""", "gpt_neox").Attention.Rope!.Dimensions);
        Refuses(CheckpointError.ConfigOutOfRange, () => Read("""{"rotary_pct":0.001}""", "gpt_neox"));
        Refuses(CheckpointError.ConfigOutOfRange, () => Read("""{"rotary_pct":0.08,"rope_scaling":{"type":"yarn","factor":2}}""", "gpt_neox"));
        Refuses(CheckpointError.ConfigOutOfRange, () => Read("""{"head_dim":15}""", "llama"));
    }

    [Fact]
    public void YarnReadsAllItsParameters()
    {
        RopeSpec plain = Read(
            """{"rope_theta":1000000,"rope_scaling":{"factor":4.0,"original_max_position_embeddings":32768,"type":"yarn"}}""", "qwen2").Attention.Rope!;
        YarnParameters expected = new() { Factor = 4, OriginalContext = 32768 };
        Assert.Equal(RopeScaling.Yarn(128, 1e6, expected).Frequencies, plain.Frequencies);
        Assert.Equal((float)expected.Magnitude, plain.Magnitude);
        RopeSpec full = Read(
            """
            {"rope_parameters":{"rope_type":"yarn","rope_theta":10000,"factor":8,"original_max_position_embeddings":1024,"beta_fast":16,
             "beta_slow":2,"mscale":0.7,"mscale_all_dim":0.9,"truncate":false}}
            """, "llama").Attention.Rope!;
        YarnParameters all = new()
        {
            Factor = 8,
            OriginalContext = 1024,
            BetaFast = 16,
            BetaSlow = 2,
            Mscale = 0.7,
            MscaleAllDim = 0.9,
            Truncate = false,
        };
        Assert.Equal(RopeScaling.Yarn(128, 1e4, all).Frequencies, full.Frequencies);
        Assert.Equal((float)all.Magnitude, full.Magnitude);
        Assert.NotEqual(RopeScaling.Yarn(128, 1e4, all with { BetaFast = 32 }).Frequencies, full.Frequencies);
        Assert.NotEqual(RopeScaling.Yarn(128, 1e4, all with { BetaSlow = 1 }).Frequencies, full.Frequencies);
    }

    [Theory]
    [InlineData("""{"rope_type":"yarn","attention_factor":1.5}""", 1, 1.5)]
    [InlineData("""{"rope_type":"yarn","original_max_position_embeddings":512}""", 4, 1.1386294)]
    [InlineData("""{"rope_type":"yarn","factor":2}""", 2, 1.0693147)]
    [InlineData("""{"rope_type":"yarn","factor":2,"mscale":1,"mscale_all_dim":0,"beta_fast":0,"beta_slow":0}""", 2, 1.0693147)]
    public void YarnsFactorAndLengthStandInForEachOther(string rope, double factor, float magnitude)
    {
        RopeSpec spec = Read($$"""{"max_position_embeddings":2048,"rope_parameters":{{rope}}}""", "llama").Attention.Rope!;
        Assert.Equal(magnitude, spec.Magnitude, 1e-6f);
        Assert.Equal(Math.Pow(10_000, -126.0 / 128) / factor, spec.Frequencies[63], 1e-9);
    }

    [Theory]
    [InlineData("""{"max_position_embeddings":32768,"rope_scaling":{"factor":4.0,"original_max_position_embeddings":32768,"type":"yarn"}}""", 131072)]
    [InlineData("""{"max_position_embeddings":131072,"rope_scaling":{"factor":4.0,"original_max_position_embeddings":32768,"type":"yarn"}}""", 131072)]
    [InlineData("""{"max_position_embeddings":131072,"rope_scaling":{"factor":4.0,"original_max_position_embeddings":8192,"type":"yarn"}}""", 131072)]
    [InlineData("""{"max_position_embeddings":4096,"rope_scaling":{"factor":4.0,"type":"linear"}}""", 4096)]
    public void YarnMakesTheContextLonger(string config, int context) => Assert.Equal(context, Read(config, "qwen2").ContextLength);

    [Fact]
    public void ALengthBesideTheRuleGoesBeforeTheOneInside()
    {
        RopeSpec spec = Read(
            """{"original_max_position_embeddings":64,"rope_parameters":{"rope_type":"yarn","factor":4,"original_max_position_embeddings":1024}}""", "llama")
            .Attention.Rope!;
        Assert.Equal(RopeScaling.Yarn(128, 1e4, new() { Factor = 4, OriginalContext = 64 }).Frequencies, spec.Frequencies);
    }

    private static ModelSpec Read(string config, string? family = null)
    {
        JsonObject json = JsonNode.Parse(config)!.AsObject();
        if (family is not null)
            json["model_type"] = family;
        return FamilyRegistry.ReadSpec(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }
}
