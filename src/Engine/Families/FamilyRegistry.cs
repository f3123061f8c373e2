using System.Text.Json;
using Weir.Engine.Checkpoints;

namespace Weir.Engine.Families;

/// <summary>The supported families, by config.json's model_type or architectures.</summary>
public static class FamilyRegistry
{
    // Each of these makes a model whose forward pass no ModelSpec describes.
    private static readonly string[] s_refused =
    [
        "quantization_config", "add_cross_attention", "is_encoder_decoder", "use_bidirectional_attention", "pruned_heads",
        "clip_qkv", "alibi", "num_experts", "num_local_experts", "rope_interleaved", "use_qk_norm", "logit_scale", "logits_scaling",
        "embedding_multiplier", "residual_multiplier", "attention_multiplier",
    ];

    private static readonly ModelFamily[] s_families =
    [
        new Gpt2(), new GptNeoX(), new Opt(), new Llama(), new Mistral(), new Qwen2(), new Qwen3(), new Gemma2(), new Olmo2(),
    ];

    /// <summary>The supported values of model_type.</summary>
    public static IReadOnlyList<string> ModelTypes { get; } = [.. s_families.Select(f => f.ModelType)];

    /// <summary>
    /// Reads a configuration without its weights, for example to plan memory before a download.
    /// </summary>
    /// <param name="config">The bytes of config.json, in the form of transformers 4 or 5.</param>
    /// <param name="generationConfig">The bytes of generation_config.json, or empty.</param>
    public static ModelSpec ReadSpec(ReadOnlyMemory<byte> config, ReadOnlyMemory<byte> generationConfig = default)
    {
        using JsonDocument document = JsonFile.Parse(config, "config.json");
        ConfigReader reader = new(document.RootElement, "config.json");
        if (generationConfig.IsEmpty)
            return ReadSpec(reader, null, Find(reader));
        using JsonDocument generation = JsonFile.Parse(generationConfig, "generation_config.json");
        return ReadSpec(reader, new(generation.RootElement, "generation_config.json"), Find(reader));
    }

    internal static ModelFamily Find(ConfigReader config)
    {
        string? type = config.Text("model_type");
        IReadOnlyList<string> architectures = config.Texts("architectures") ?? [];
        ModelFamily? family = s_families.FirstOrDefault(f => type is null
            ? architectures.Any(f.Architectures.Contains)
            : f.ModelType == type);
        string named = string.Join(", ", architectures.Take(3).Select(CheckpointException.Shown));
        if (family is null || (architectures.Count > 0 && !architectures.Any(family.Architectures.Contains)))
        {
            throw new CheckpointException(
                CheckpointError.UnsupportedArchitecture, config.File, null,
                $"model_type '{CheckpointException.Shown(type ?? "")}' with architectures [{named}] is not supported");
        }

        return family;
    }

    internal static ModelSpec ReadSpec(ConfigReader config, ConfigReader? generation, ModelFamily family)
    {
        foreach (string key in s_refused.Concat(family.RefusedKeys))
            config.RefuseUnlessNeutral(key);
        ModelSpec spec = family.ReadSpec(config);
        int vocabulary = spec.VocabularySize;
        List<string> warnings = [.. spec.Warnings];
        IReadOnlyList<int> begin = config.Tokens("bos_token_id", vocabulary, family.BeginsTexts ? warnings : []) ?? Default(family.DefaultBeginToken, vocabulary);
        IReadOnlyList<int> end = config.Tokens("eos_token_id", vocabulary, warnings) ?? Default(family.DefaultEndToken, vocabulary);
        IReadOnlyList<int> generationEnd = generation?.Tokens("eos_token_id", vocabulary, warnings) ?? [];
        return spec with
        {
            BeginToken = family.BeginsTexts && begin.Count > 0 ? begin[0] : null,
            EndTokens = [.. generationEnd.Union(end)],
            Warnings = [.. warnings.Distinct(StringComparer.Ordinal)],
        };
    }

    // A default is the family's large models' id; a small vocabulary of one's own does not have it.
    private static int[] Default(int? token, int vocabulary) => token is { } id && id < vocabulary ? [id] : [];
}
