using System.Text.Json.Nodes;
using Weir.Engine.Checkpoints;
using Weir.Kernels;
using Xunit;
using static Weir.Engine.Tests.Checkpoints.CheckpointFixtures;

namespace Weir.Engine.Tests.Checkpoints;

/// <summary>One test per row of what a model's directory must be refused for; tokenizer rows are the tokenizers'.</summary>
public sealed class CheckpointRejectTests
{
    private const string Index = "model.safetensors.index.json";
    private const string Shard = "model-00001-of-00003.safetensors";

    [Theory]
    [InlineData("../model-00001-of-00003.safetensors")]
    [InlineData("sub/../../x.safetensors")]
    [InlineData("..")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\x.safetensors")]
    [InlineData("\\\\host\\share\\x.safetensors")]
    [InlineData("C:\\x.safetensors")]
    [InlineData("C:x.safetensors")]
    [InlineData("")]
    [InlineData("./x.safetensors")]
    [InlineData("x\0.safetensors")]
    public void ShardNameThatLeavesTheDirectory(string shard)
    {
        string model = Copy("llama3");
        // The target exists, so that only the name's judgement keeps it from being opened.
        File.Copy(Path.Combine(model, Shard), Path.Combine(Path.GetDirectoryName(model)!, Shard), overwrite: true);
        EditMap(model, map => map["lm_head.weight"] = shard);
        CheckpointException e = Refuses(CheckpointError.IndexPathEscape, model);
        Assert.Equal("lm_head.weight", e.Tensor);
    }

    [Fact]
    public void ALinkedShardIsFineWhereverItPoints()
    {
        string model = Copy("llama3");
        string elsewhere = Path.Combine(Temporary(), "blob");
        File.Move(Path.Combine(model, Shard), elsewhere);
        File.CreateSymbolicLink(Path.Combine(model, Shard), elsewhere);
        using Checkpoint checkpoint = Checkpoint.Open(model);
        Assert.Equal(3, checkpoint.Files.Count);
    }

    [Fact]
    public void TensorInTwoShards()
    {
        string model = Copy("llama3");
        EditTensors(Path.Combine(model, Shard), t => t.Add("lm_head.weight", (StoredType.U8, [1], [1])));
        Assert.Equal("lm_head.weight", Refuses(CheckpointError.TensorInTwoShards, model).Tensor);
    }

    [Fact]
    public void ShardThatIsNotThere()
    {
        string model = Copy("llama3");
        File.Delete(Path.Combine(model, Shard));
        Assert.EndsWith(Shard, Refuses(CheckpointError.ShardMissing, model).File, StringComparison.Ordinal);
    }

    [Fact]
    public void TensorThatIsNotInTheShardTheIndexNames()
    {
        string model = Copy("llama3");
        EditMap(model, map => map["lm_head.weight"] = Shard);
        Assert.Equal("lm_head.weight", Refuses(CheckpointError.IndexShardMismatch, model).Tensor);
    }

    [Theory]
    [InlineData(Index, "{\"weight_map\":{\"a\":\"x\",\"a\":\"x\"}}")]
    [InlineData(Index, "{\"weight_map\":{\"a\":\"x\",\"\\u0061\":\"x\"}}")]
    [InlineData("config.json", "{\"model_type\":\"llama\",\"model_type\":\"gpt2\"}")]
    [InlineData("config.json", "{\"a\":[{\"b\":1,\"b\":1}]}")]
    [InlineData("generation_config.json", "{\"eos_token_id\":1,\"eos_token_id\":2}")]
    public void DuplicateKeys(string file, string json)
    {
        string model = Copy("llama3");
        File.WriteAllText(Path.Combine(model, file), json);
        Assert.EndsWith(file, Refuses(CheckpointError.DuplicateJsonKey, model).File, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Index, "")]
    [InlineData(Index, "[]")]
    [InlineData(Index, "{}")]
    [InlineData(Index, "{\"weight_map\":[]}")]
    [InlineData(Index, "{\"weight_map\":{\"a\":1}}")]
    [InlineData(Index, "{\"weight_map\":{\"a\":\"\\ud800\"}}")]
    [InlineData("config.json", "{")]
    [InlineData("config.json", "null")]
    [InlineData("config.json", "{\"model_type\":1}")]
    [InlineData("config.json", "{\"model_type\":\"\\ud800\"}")]
    [InlineData("config.json", "{\"architectures\":\"LlamaForCausalLM\"}")]
    [InlineData("generation_config.json", "[1]")]
    public void NotTheJsonThatIsExpected(string file, string json)
    {
        string model = Copy("llama3");
        File.WriteAllText(Path.Combine(model, file), json);
        Assert.EndsWith(file, Refuses(CheckpointError.InvalidJson, model).File, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonThatIsNotUtf8()
    {
        string model = Copy("llama3");
        File.WriteAllBytes(Path.Combine(model, "config.json"), [.. "{\"a\":\""u8, 0xFF, .. "\"}"u8]);
        Refuses(CheckpointError.InvalidJson, model);
    }

    [Theory]
    [InlineData("llama2", "hidden_size", 32)]
    [InlineData("llama2", "intermediate_size", 135)]
    [InlineData("llama2", "vocab_size", 499)]
    [InlineData("llama2", "num_hidden_layers", 2)]
    [InlineData("llama2", "num_hidden_layers", 4)]
    [InlineData("llama2", "num_key_value_heads", 4)]
    [InlineData("llama2", "num_key_value_heads", 1)]
    [InlineData("llama2", "head_dim", 8)]
    [InlineData("gpt2", "n_embd", 128)]
    [InlineData("gpt2", "n_inner", 255)]
    [InlineData("gpt2", "n_positions", 63)]
    [InlineData("gpt2", "vocab_size", 510)]
    [InlineData("pythia", "intermediate_size", 255)]
    [InlineData("opt", "max_position_embeddings", 66)]
    [InlineData("opt", "ffn_dim", 201)]
    [InlineData("qwen3", "head_dim", 16)]
    [InlineData("qwen3", "num_key_value_heads", 1)]
    [InlineData("gemma2", "head_dim", 16)]
    public void DimensionsThatAreNotTheTensors(string name, string key, int value)
    {
        string model = Copy(name);
        EditConfig(model, c => c[key] = value);
        Refuses(CheckpointError.ConfigTensorMismatch, model);
    }

    [Fact]
    public void HeadSizeGuessedAlthoughTheQueryProjectionSaysOtherwise()
    {
        string model = Copy("gemma2");
        EditConfig(model, c => c["head_dim"] = null);
        CheckpointException e = Refuses(CheckpointError.ConfigTensorMismatch, model);
        Assert.Contains("[96, 64]", e.Message, StringComparison.Ordinal);
        Assert.Contains("[64, 64]", e.Message, StringComparison.Ordinal);
        Assert.Equal("model.layers.0.self_attn.q_proj.weight", e.Tensor);
    }

    [Fact]
    public void OptProjectionThatTheConfigurationDoesNotHave()
    {
        string model = Copy("opt-postnorm");
        EditConfig(model, c => c["word_embed_proj_dim"] = null);
        Refuses(CheckpointError.ConfigTensorMismatch, model);
    }

    [Theory]
    [InlineData("llama2", "attention_bias", "model.layers.0.self_attn.q_proj.bias")]
    [InlineData("llama2", "mlp_bias", "model.layers.0.mlp.gate_proj.bias")]
    [InlineData("gemma2", "attention_bias", "model.layers.0.self_attn.q_proj.bias")]
    public void ABiasThatIsNotThere(string name, string key, string tensor)
    {
        string model = Copy(name);
        EditConfig(model, c => c[key] = true);
        Assert.Equal(tensor, Refuses(CheckpointError.TensorMissing, model).Tensor);
    }

    [Theory]
    [InlineData("llama2", "model.layers.1.self_attn.k_proj.bias", 32)]
    [InlineData("llama2", "lm_head.bias", 500)]
    [InlineData("qwen2", "model.layers.1.self_attn.o_proj.bias", 64)]
    [InlineData("mistral", "model.layers.2.self_attn.q_norm.weight", 16)]
    [InlineData("pythia", "embed_out.bias", 512)]
    public void AWeightThatTheConfigurationHasNoPlaceFor(string name, string tensor, int size)
    {
        string model = Copy(name);
        EditTensors(Path.Combine(model, "model.safetensors"), t => t.Add(tensor, (StoredType.F32, [size], new byte[4 * size])));
        Assert.Equal(tensor, Refuses(CheckpointError.ConfigTensorMismatch, model).Tensor);
    }

    [Fact]
    public void AWeightOutsideTheBlocksIsAWarning()
    {
        string model = Copy("llama2");
        EditTensors(Path.Combine(model, "model.safetensors"), t => t.Add("v_head.weight", (StoredType.F32, [1], new byte[4])));
        using Checkpoint checkpoint = Checkpoint.Open(model);
        Assert.Contains("v_head.weight", Assert.Single(checkpoint.Spec.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vocab_size", "0")]
    [InlineData("vocab_size", "-1")]
    [InlineData("vocab_size", "2147483648")]
    [InlineData("vocab_size", "1e99")]
    [InlineData("vocab_size", "500.5")]
    [InlineData("vocab_size", "\"500\"")]
    [InlineData("hidden_size", "16777216")]
    [InlineData("num_hidden_layers", "1000000")]
    [InlineData("num_attention_heads", "0")]
    [InlineData("num_attention_heads", "3")]
    [InlineData("num_key_value_heads", "3")]
    [InlineData("head_dim", "-16")]
    [InlineData("max_position_embeddings", "0")]
    [InlineData("max_position_embeddings", "1000000000000")]
    [InlineData("rms_norm_eps", "0")]
    [InlineData("rms_norm_eps", "2")]
    [InlineData("rms_norm_eps", "1e-60")]
    [InlineData("rope_parameters", "{\"rope_theta\":0}")]
    [InlineData("rope_parameters", "{\"rope_theta\":-1}")]
    [InlineData("rope_parameters", "{\"rope_theta\":1e400}")]
    [InlineData("rope_parameters", "{\"rope_theta\":\"1e4\"}")]
    [InlineData("rope_parameters", "{\"rope_theta\":0.5}")]
    [InlineData("rope_parameters", "{\"rope_type\":\"linear\"}")]
    [InlineData("rope_parameters", "{\"rope_type\":\"linear\",\"factor\":0}")]
    [InlineData("rope_parameters", "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4}")]
    [InlineData("rope_parameters", "{\"partial_rotary_factor\":1.5}")]
    public void ValuesOutOfRange(string key, string value)
    {
        string model = Copy("llama2");
        EditConfig(model, c => c[key] = JsonNode.Parse(value));
        Refuses(CheckpointError.ConfigOutOfRange, model);
    }

    [Theory]
    [InlineData("{\"model_type\":\"bert\"}")]
    [InlineData("{\"model_type\":\"qwen3_moe\",\"architectures\":[\"Qwen3MoeForCausalLM\"]}")]
    [InlineData("{\"model_type\":\"llama\",\"architectures\":[\"LlamaForSequenceClassification\"]}")]
    [InlineData("{}")]
    public void ArchitecturesThatAreNotSupported(string config)
    {
        string model = Copy("llama2");
        File.WriteAllText(Path.Combine(model, "config.json"), config);
        CheckpointException e = Refuses(CheckpointError.UnsupportedArchitecture, model);
        Assert.Contains("gpt2, gpt_neox, opt, llama, mistral, qwen2, qwen3, gemma2, olmo2", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama2")]
    [InlineData("pythia")]
    public void ATieFlagBesideAnotherHead(string name)
    {
        string model = Copy(name);
        EditConfig(model, c => c["tie_word_embeddings"] = true);
        Refuses(CheckpointError.TieMismatch, model);
    }

    [Theory]
    [InlineData("gpt2", false)]
    [InlineData("qwen2", false)]
    [InlineData("qwen2", null)]
    public void NoHeadWhereTheFlagOrTheDefaultIsFalse(string name, bool? flag)
    {
        string model = Copy(name);
        EditConfig(model, c =>
        {
            c.Remove("tie_word_embeddings");
            if (flag is { } value)
                c["tie_word_embeddings"] = value;
        });
        Refuses(CheckpointError.TieMismatch, model);
    }

    [Fact]
    public void ATieFlagBesideACopyOfTheEmbeddingIsFine()
    {
        string model = Copy("gpt2");
        EditTensors(Path.Combine(model, "model.safetensors"), t => t.Add("lm_head.weight", t["transformer.wte.weight"]));
        using Checkpoint checkpoint = Checkpoint.Open(model);
        Assert.Equal("transformer.wte.weight", checkpoint.Source.Head.Weight[0].Tensor);
        Assert.Empty(checkpoint.Spec.Warnings);
        EditTensors(Path.Combine(model, "model.safetensors"), t => t["lm_head.weight"].Bytes[^1] ^= 1);
        Refuses(CheckpointError.TieMismatch, model);
    }

    [Theory]
    [InlineData(StoredType.F64)]
    [InlineData(StoredType.I8)]
    [InlineData(StoredType.F8_E4M3)]
    public void WeightsInATypeThatWeightsCannotHave(StoredType type)
    {
        string model = Copy("llama2");
        EditTensors(Path.Combine(model, "model.safetensors"), t =>
            t["model.norm.weight"] = (type, [64], new byte[64 * type.Bits() / 8]));
        Assert.Equal("model.norm.weight", Refuses(CheckpointError.DTypeUnavailable, model).Tensor);
    }

    [Fact]
    public void ARequestedTypeIsGivenOrRefusedButNeverReplaced()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Model("qwen2"));
        checkpoint.RequireWeightType(ElementType.BF16);
        CheckpointFixtures.Refuses(CheckpointError.DTypeUnavailable, () => checkpoint.RequireWeightType(ElementType.F32));
        CheckpointFixtures.Refuses(CheckpointError.DTypeUnavailable, () => Model.Load(Model("qwen2"), new LoadOptions { WeightType = ElementType.F16 }));
    }

    [Theory]
    [InlineData("pythia", true)]
    [InlineData("pythia-hubnames", true)]
    [InlineData("neox-serial", false)]
    [InlineData("qwen2", false)]
    public void HalfPrecisionNeoXIsAWarning(string name, bool warns)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Model(name));
        Assert.Equal(warns, checkpoint.Spec.Warnings.Any(w => w.StartsWith(nameof(CheckpointError.UnsafeDType), StringComparison.Ordinal)));
        Assert.Equal(warns ? 1 : 0, checkpoint.Spec.Warnings.Count);
    }

    [Theory]
    [InlineData("eos_token_id", "[1, null]")]
    [InlineData("bos_token_id", "1.5")]
    [InlineData("bos_token_id", "\"<s>\"")]
    public void SpecialTokensThatAreNoIds(string key, string value)
    {
        string model = Copy("llama2");
        EditConfig(model, c => c[key] = JsonNode.Parse(value));
        Refuses(CheckpointError.SpecialTokenMismatch, model);
    }

    [Theory]
    [InlineData("pytorch_model.bin")]
    [InlineData("consolidated.00.pth")]
    [InlineData("model.pt")]
    [InlineData("weights.pkl")]
    public void OnlyPickleWeights(string file)
    {
        string model = Copy("llama2");
        File.Move(Path.Combine(model, "model.safetensors"), Path.Combine(model, file));
        CheckpointException e = Refuses(CheckpointError.PickleRefused, model);
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
        Assert.Contains("save_pretrained", e.Message, StringComparison.Ordinal);
        Refuses(CheckpointError.PickleRefused, Path.Combine(model, file));
    }

    [Fact]
    public void AnIndexOfPickleShards()
    {
        string model = Copy("llama3");
        EditMap(model, map => map["lm_head.weight"] = "pytorch_model-00001-of-00002.bin");
        Refuses(CheckpointError.PickleRefused, model);
    }

    [Fact]
    public void WhatIsNotThere()
    {
        Refuses(CheckpointError.FileMissing, Path.Combine(Temporary(), "none"));
        Refuses(CheckpointError.FileMissing, Temporary());
        string model = Copy("llama2");
        Refuses(CheckpointError.FileMissing, Path.Combine(model, "config.json"));
        File.Delete(Path.Combine(model, "config.json"));
        Assert.EndsWith("config.json", Refuses(CheckpointError.FileMissing, model).File, StringComparison.Ordinal);
    }

    [Fact]
    public void ATensorThatIsNotThere()
    {
        string model = Copy("llama2");
        EditTensors(Path.Combine(model, "model.safetensors"), t => t.Remove("model.layers.1.mlp.up_proj.weight"));
        Assert.Equal("model.layers.1.mlp.up_proj.weight", Refuses(CheckpointError.TensorMissing, model).Tensor);
        using Checkpoint checkpoint = Checkpoint.Open(Model("llama2"));
        CheckpointFixtures.Refuses(CheckpointError.TensorMissing, () => checkpoint.Tensor("x"));
        Assert.Null(checkpoint.Find("x"));
    }

    [Fact]
    public void ARefusedCheckpointLeavesNothingMapped()
    {
        string model = Copy("llama2");
        EditConfig(model, c => c["hidden_size"] = 32);
        Refuses(CheckpointError.ConfigTensorMismatch, model);
        if (OperatingSystem.IsLinux())
            Assert.DoesNotContain(model, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
    }

    private static CheckpointException Refuses(CheckpointError error, string model) =>
        CheckpointFixtures.Refuses(error, () => Checkpoint.Open(model).Dispose());

    private static void EditConfig(string model, Action<JsonObject> edit) => EditJson(Path.Combine(model, "config.json"), edit);

    private static void EditMap(string model, Action<JsonObject> edit) =>
        EditJson(Path.Combine(model, Index), json => edit(json["weight_map"]!.AsObject()));
}
