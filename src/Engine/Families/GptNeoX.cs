using Weir.Engine.Checkpoints;

namespace Weir.Engine.Families;

/// <summary>
/// GPT-NeoX and Pythia: attention and MLP read the block's input side by side (a flag), the first part of each head
/// turns, and the fused projection holds q, k, v of head 0, then of head 1, and so on.
/// </summary>
internal sealed class GptNeoX : ModelFamily
{
    public override string ModelType => "gpt_neox";

    public override IReadOnlyList<string> Architectures => ["GPTNeoXForCausalLM", "GPTNeoXModel"];

    public override int? DefaultBeginToken => 0;

    public override int? DefaultEndToken => 2;

    public override IReadOnlyList<string> Buffers =>
        [".attention.bias", ".attention.masked_bias", ".attention.rotary_emb.inv_freq"];

    public override string Head => "embed_out";

    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.Size("hidden_size", 6144, Limits.Width);
        int heads = config.Size("num_attention_heads", 64, Limits.Heads);
        int headSize = HeadSize(config, "num_attention_heads", width, heads);
        if (config.OptionalSize("head_dim", Limits.HeadSize) is { } stated && stated != headSize)
            throw config.Unsupported("head_dim", $"is {stated}, but this family's heads have width / heads = {headSize}");
        int context = config.Size("max_position_embeddings", 2048, Limits.Context);
        return new()
        {
            Family = ModelType,
            Layers = config.Size("num_hidden_layers", 44, Limits.Layers),
            Width = width,
            VocabularySize = config.Size("vocab_size", 50432, Limits.Vocabulary),
            ContextLength = RopeReader.ContextLength(config, context),
            Embedding = new() { Width = width },
            Norm = new(NormKind.LayerNorm, ReadEpsilon(config, "layer_norm_eps", 1e-5)),
            Placement = NormPlacement.Pre,
            ParallelResidual = config.Flag("use_parallel_residual", true),
            Attention = new()
            {
                Heads = heads,
                KeyValueHeads = heads,
                HeadSize = headSize,
                Scale = (float)(1 / Math.Sqrt(headSize)),
                Rope = RopeReader.Read(config, headSize, context, "rotary_emb_base", "rotary_pct", partial: 0.25),
            },
            Mlp = new(
                config.Size("intermediate_size", 24576, 4 * Limits.Width), ReadActivation(config, "hidden_act", "gelu"),
                Gated: false),
            TiedHead = config.Flag("tie_word_embeddings", false),
        };
    }

    public override ModelSource ReadSource(ModelSpec spec, ConfigReader config, TensorCatalog tensors)
    {
        bool attentionBias = config.Flag("attention_bias", true);
        int d = spec.Width;
        tensors.ChoosePrefix(["gpt_neox.", ""], "embed_in.weight");
        tensors.CheckLayers("layers.", spec.Layers);
        string embedding = tensors.Table("embed_in.weight", spec.VocabularySize, d);
        return new()
        {
            Embedding = embedding,
            Blocks = [.. Enumerable.Range(0, spec.Layers).Select(l => $"layers.{l}.").Select(block => new BlockSource
            {
                AttentionNorm = tensors.Norm($"{block}input_layernorm", d, bias: true),
                QueryKeyValue = Split(
                    tensors.Linear($"{block}attention.query_key_value", d, 3 * d, attentionBias), spec.Attention),
                AttentionOutput = tensors.Linear($"{block}attention.dense", d, d, attentionBias),
                MlpNorm = tensors.Norm($"{block}post_attention_layernorm", d, bias: true),
                MlpInput = tensors.Linear($"{block}mlp.dense_h_to_4h", d, spec.Mlp.Width, bias: true),
                MlpOutput = tensors.Linear($"{block}mlp.dense_4h_to_h", spec.Mlp.Width, d, bias: true),
            })],
            FinalNorm = tensors.Norm("final_layer_norm", d, bias: true),
            Head = tensors.Head("embed_out.weight", embedding, spec),
        };
    }

    public override string? Warning(IReadOnlySet<StoredType> types) => types.Contains(StoredType.F16)
        ? $"{CheckpointError.UnsafeDType}: the weights are F16, and this family's attention scores can exceed F16's range "
            + "(pythia-70m-deduped gives NaN from layer 3 on in tools that compute in it); Weir computes in F32."
        : null;

    // [q0 k0 v0 q1 k1 v1 ...] to [q0 q1 ... k0 k1 ... v0 v1 ...].
    private static LinearSource Split(LinearSource fused, AttentionSpec attention)
    {
        return fused with { Weight = Slices(fused.Weight[0]), Bias = fused.Bias is { } bias ? Slices(bias[0]) : null };

        OutputSlice[] Slices(OutputSlice whole)
        {
            int heads = attention.Heads, size = attention.HeadSize;
            OutputSlice[] slices = new OutputSlice[3 * heads];
            for (int i = 0; i < slices.Length; i++)
                slices[i] = whole with { Start = (i % heads * 3 + i / heads) * size, Count = size };
            return slices;
        }
    }
}
