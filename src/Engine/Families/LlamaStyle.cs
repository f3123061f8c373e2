namespace Weir.Engine.Families;

/// <summary>
/// What Llama, Mistral, Qwen, Gemma 2 and OLMo 2 have in common: rotary positions, RMSNorm, separate q, k, v, a gated
/// MLP, and tensor names. A family states its defaults and what it does otherwise.
/// </summary>
internal abstract class LlamaStyle : ModelFamily
{
    /// <summary>Values that transformers fills in where config.json is silent.</summary>
    protected abstract LlamaDefaults Defaults { get; }

    /// <summary>Where the norms stand.</summary>
    protected virtual NormPlacement Placement => NormPlacement.Pre;

    /// <summary>The norm on q and k.</summary>
    protected virtual QueryKeyNorm QueryKeyNorm => QueryKeyNorm.None;

    /// <summary>Key of the nonlinearity's name.</summary>
    protected virtual string ActivationKey => "hidden_act";

    public sealed override int? DefaultBeginToken => Defaults.BeginToken;

    public sealed override int? DefaultEndToken => Defaults.EndToken;

    public sealed override ModelSpec ReadSpec(ConfigReader config)
    {
        LlamaDefaults defaults = Defaults;
        int width = config.Size("hidden_size", defaults.Width, Limits.Width);
        int heads = config.Size("num_attention_heads", defaults.Heads, Limits.Heads);
        // A written null means "as many as heads" in every family; an absent key means the family's number.
        int keyValueHeads = config.OptionalSize("num_key_value_heads", Limits.Heads)
            ?? (config.IsNull("num_key_value_heads") ? heads : defaults.KeyValueHeads ?? heads);
        if (heads % keyValueHeads != 0)
            throw config.OutOfRange("num_key_value_heads", $"is {keyValueHeads}, which does not divide the {heads} heads");
        int headSize = config.OptionalSize("head_dim", Limits.HeadSize)
            ?? (config.IsNull("head_dim") ? null : defaults.HeadSize)
            ?? HeadSize(config, "num_attention_heads", width, heads);
        int context = config.Size("max_position_embeddings", defaults.Context, Limits.Context);
        int layers = config.Size("num_hidden_layers", defaults.Layers, Limits.Layers);
        ModelSpec spec = new()
        {
            Family = ModelType,
            Layers = layers,
            Width = width,
            VocabularySize = config.Size("vocab_size", defaults.Vocabulary, Limits.Vocabulary),
            ContextLength = RopeReader.ContextLength(config, context),
            Embedding = new() { Width = width },
            Norm = new(NormKind.RmsNorm, ReadEpsilon(config, "rms_norm_eps", defaults.Epsilon)),
            Placement = Placement,
            Attention = new()
            {
                Heads = heads,
                KeyValueHeads = keyValueHeads,
                HeadSize = headSize,
                Scale = (float)(1 / Math.Sqrt(headSize)),
                Windows = ReadWindows(config, layers),
                QueryKeyNorm = QueryKeyNorm,
                Rope = RopeReader.Read(config, headSize, context),
            },
            Mlp = new(
                config.Size("intermediate_size", defaults.Inner, 4 * Limits.Width),
                ReadActivation(config, ActivationKey, defaults.Activation), Gated: true),
            TiedHead = config.Flag("tie_word_embeddings", defaults.Tied),
        };
        return Refine(spec, config);
    }

    public sealed override ModelSource ReadSource(ModelSpec spec, ConfigReader config, TensorCatalog tensors)
    {
        tensors.ChoosePrefix(["model.", ""], "embed_tokens.weight");
        tensors.CheckLayers("layers.", spec.Layers);
        string embedding = tensors.Table("embed_tokens.weight", spec.VocabularySize, spec.Width);
        return new()
        {
            Embedding = embedding,
            Blocks = [.. Enumerable.Range(0, spec.Layers).Select(l => ReadBlock(spec, config, tensors, $"layers.{l}."))],
            FinalNorm = tensors.Norm("norm", spec.Width, bias: false),
            Head = tensors.Head("lm_head.weight", embedding, spec),
        };
    }

    /// <summary>What differs from Llama's spec.</summary>
    protected virtual ModelSpec Refine(ModelSpec spec, ConfigReader config) => spec;

    /// <summary>Window per layer, empty for none.</summary>
    protected virtual IReadOnlyList<int> ReadWindows(ConfigReader config, int layers) => [];

    /// <summary>Which projections have a bias: q, k, v; the attention's output; the MLP.</summary>
    protected virtual (bool QueryKeyValue, bool Output, bool Mlp) ReadBiases(ConfigReader config)
    {
        bool attention = config.Flag("attention_bias", false);
        return (attention, attention, false);
    }

    private BlockSource ReadBlock(ModelSpec spec, ConfigReader config, TensorCatalog tensors, string block)
    {
        AttentionSpec a = spec.Attention;
        int d = spec.Width;
        (bool qkvBias, bool outputBias, bool mlpBias) = ReadBiases(config);
        bool before = Placement != NormPlacement.SublayerOutput, after = Placement != NormPlacement.Pre;
        bool perHead = QueryKeyNorm == QueryKeyNorm.PerHead;
        return new()
        {
            AttentionNorm = before ? Norm("input_layernorm", d) : null,
            QueryKeyValue = tensors.Concatenated(
                d, qkvBias, ($"{block}self_attn.q_proj", a.QueryWidth), ($"{block}self_attn.k_proj", a.KeyWidth),
                ($"{block}self_attn.v_proj", a.KeyWidth)),
            QueryNorm = QueryKeyNorm == QueryKeyNorm.None ? null : Norm("self_attn.q_norm", perHead ? a.HeadSize : a.QueryWidth),
            KeyNorm = QueryKeyNorm == QueryKeyNorm.None ? null : Norm("self_attn.k_norm", perHead ? a.HeadSize : a.KeyWidth),
            AttentionOutput = tensors.Linear($"{block}self_attn.o_proj", a.QueryWidth, d, outputBias),
            // The same name stands before the MLP in Llama and after the attention where norms follow the sublayers.
            AttentionPostNorm = after ? Norm("post_attention_layernorm", d) : null,
            MlpNorm = before ? Norm(after ? "pre_feedforward_layernorm" : "post_attention_layernorm", d) : null,
            MlpInput = tensors.Concatenated(
                d, mlpBias, ($"{block}mlp.gate_proj", spec.Mlp.Width), ($"{block}mlp.up_proj", spec.Mlp.Width)),
            MlpOutput = tensors.Linear($"{block}mlp.down_proj", spec.Mlp.Width, d, mlpBias),
            MlpPostNorm = after ? Norm("post_feedforward_layernorm", d) : null,
        };

        NormSource Norm(string name, int width) => tensors.Norm(block + name, width, bias: false);
    }
}
