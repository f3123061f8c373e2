using Weir.Kernels.Ops;

namespace Weir.Engine.Families;

/// <summary>
/// GPT-2: learned positions, LayerNorm before each sublayer, fused q, k, v in contiguous thirds, and linear weights
/// stored [in, out] (Conv1D). nanoGPT's exports differ in the configuration only: exact gelu, and "bias": false.
/// </summary>
internal sealed class Gpt2 : ModelFamily
{
    public override string ModelType => "gpt2";

    public override IReadOnlyList<string> Architectures => ["GPT2LMHeadModel", "GPT2Model"];

    public override int? DefaultBeginToken => 50256;

    public override int? DefaultEndToken => 50256;

    public override IReadOnlyList<string> Buffers => [".attn.bias", ".attn.masked_bias"];

    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.Size("n_embd", 768, Limits.Width, "hidden_size");
        int heads = config.Size("n_head", 12, Limits.Heads, "num_attention_heads");
        int headSize = HeadSize(config, "n_head", width, heads);
        int context = config.Size("n_positions", 1024, Limits.Context, "max_position_embeddings");
        // reorder_and_upcast_attn changes where transformers rounds, not what is computed; scores are f32 here anyway.
        return new()
        {
            Family = ModelType,
            Layers = config.Size("n_layer", 12, Limits.Layers, "num_hidden_layers"),
            Width = width,
            VocabularySize = config.Size("vocab_size", 50257, Limits.Vocabulary),
            ContextLength = context,
            Embedding = new() { Width = width, PositionRows = context },
            Norm = new(NormKind.LayerNorm, ReadEpsilon(config, "layer_norm_epsilon", 1e-5)),
            Placement = NormPlacement.Pre,
            Attention = new()
            {
                Heads = heads,
                KeyValueHeads = heads,
                HeadSize = headSize,
                Scale = config.Flag("scale_attn_weights", true) ? (float)(1 / Math.Sqrt(headSize)) : 1,
                InverseLayerScale = config.Flag("scale_attn_by_inverse_layer_idx", false),
            },
            Mlp = new(
                config.Size("n_inner", 4 * width, 4 * Limits.Width), ReadActivation(config, "activation_function", "gelu_new"),
                Gated: false),
            TiedHead = config.Flag("tie_word_embeddings", true),
        };
    }

    public override ModelSource ReadSource(ModelSpec spec, ConfigReader config, TensorCatalog tensors)
    {
        bool bias = config.Flag("bias", true);
        int d = spec.Width;
        tensors.ChoosePrefix(["transformer.", ""], "wte.weight");
        tensors.CheckLayers("h.", spec.Layers);
        string embedding = tensors.Table("wte.weight", spec.VocabularySize, d);
        return new()
        {
            Embedding = embedding,
            Positions = tensors.Table("wpe.weight", spec.Embedding.PositionRows, d),
            Blocks = [.. Enumerable.Range(0, spec.Layers).Select(l => new BlockSource
            {
                AttentionNorm = tensors.Norm($"h.{l}.ln_1", d, bias),
                QueryKeyValue = tensors.Linear($"h.{l}.attn.c_attn", d, 3 * d, bias, transposed: true),
                AttentionOutput = tensors.Linear($"h.{l}.attn.c_proj", d, d, bias, transposed: true),
                MlpNorm = tensors.Norm($"h.{l}.ln_2", d, bias),
                MlpInput = tensors.Linear($"h.{l}.mlp.c_fc", d, spec.Mlp.Width, bias, transposed: true),
                MlpOutput = tensors.Linear($"h.{l}.mlp.c_proj", spec.Mlp.Width, d, bias, transposed: true),
            })],
            FinalNorm = tensors.Norm("ln_f", d, bias),
            Head = tensors.Head("lm_head.weight", embedding, spec),
        };
    }
}
