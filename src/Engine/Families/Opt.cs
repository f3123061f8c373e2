namespace Weir.Engine.Families;

/// <summary>
/// OPT: learned positions that begin at row 2, relu, and biases everywhere (a flag). The 350m norms after the residual
/// addition, has no final norm, and projects between a narrower embedding and the model's width.
/// </summary>
internal sealed class Opt : ModelFamily
{
    private const int PositionOffset = 2;

    public override string ModelType => "opt";

    public override IReadOnlyList<string> Architectures => ["OPTForCausalLM", "OPTModel"];

    public override bool BeginsTexts => true;

    public override int? DefaultBeginToken => 2;

    public override int? DefaultEndToken => 2;

    public override ModelSpec ReadSpec(ConfigReader config)
    {
        int width = config.Size("hidden_size", 768, Limits.Width);
        int heads = config.Size("num_attention_heads", 12, Limits.Heads);
        int headSize = HeadSize(config, "num_attention_heads", width, heads);
        int context = config.Size("max_position_embeddings", 2048, Limits.Context);
        bool before = config.Flag("do_layer_norm_before", true);
        return new()
        {
            Family = ModelType,
            Layers = config.Size("num_hidden_layers", 12, Limits.Layers),
            Width = width,
            VocabularySize = config.Size("vocab_size", 50272, Limits.Vocabulary),
            ContextLength = context,
            Embedding = new()
            {
                Width = config.Size("word_embed_proj_dim", width, Limits.Width),
                PositionRows = context + PositionOffset,
                PositionOffset = PositionOffset,
            },
            // No key has the epsilon: transformers takes LayerNorm's own default.
            Norm = new(NormKind.LayerNorm, 1e-5f),
            Placement = before ? NormPlacement.Pre : NormPlacement.AfterResidual,
            Attention = new()
            {
                Heads = heads,
                KeyValueHeads = heads,
                HeadSize = headSize,
                Scale = (float)(1 / Math.Sqrt(headSize)),
            },
            Mlp = new(
                config.Size("ffn_dim", 3072, 4 * Limits.Width), ReadActivation(config, "activation_function", "relu"),
                Gated: false),
            FinalNorm = before && !config.Flag("_remove_final_layer_norm", false),
            TiedHead = config.Flag("tie_word_embeddings", true),
        };
    }

    public override ModelSource ReadSource(ModelSpec spec, ConfigReader config, TensorCatalog tensors)
    {
        // Galactica has neither biases nor gains.
        bool bias = config.Flag("enable_bias", true), affine = config.Flag("layer_norm_elementwise_affine", true);
        int d = spec.Width, narrow = spec.Embedding.Width;
        tensors.ChoosePrefix(["model.decoder.", "decoder.", ""], "embed_tokens.weight");
        tensors.CheckLayers("layers.", spec.Layers);
        string embedding = tensors.Table("embed_tokens.weight", spec.VocabularySize, narrow);
        return new()
        {
            Embedding = embedding,
            Positions = tensors.Table("embed_positions.weight", spec.Embedding.PositionRows, d),
            ProjectIn = narrow == d ? null : tensors.Linear("project_in", narrow, d, bias: false),
            ProjectOut = narrow == d ? null : tensors.Linear("project_out", d, narrow, bias: false),
            Blocks = [.. Enumerable.Range(0, spec.Layers).Select(l => $"layers.{l}.").Select(block => new BlockSource
            {
                AttentionNorm = Norm($"{block}self_attn_layer_norm"),
                QueryKeyValue = tensors.Concatenated(
                    d, bias, ($"{block}self_attn.q_proj", d), ($"{block}self_attn.k_proj", d), ($"{block}self_attn.v_proj", d)),
                AttentionOutput = tensors.Linear($"{block}self_attn.out_proj", d, d, bias),
                MlpNorm = Norm($"{block}final_layer_norm"),
                MlpInput = tensors.Linear($"{block}fc1", d, spec.Mlp.Width, bias),
                MlpOutput = tensors.Linear($"{block}fc2", spec.Mlp.Width, d, bias),
            })],
            FinalNorm = spec.FinalNorm ? Norm("final_layer_norm") : null,
            Head = tensors.Head("lm_head.weight", embedding, spec),
        };

        NormSource Norm(string stem) => affine ? tensors.Norm(stem, d, bias: true) : new(d, Gain: null);
    }
}
