using Weir.Kernels.Ops;

namespace Weir.Engine.Families;

/// <summary>Shapes of published models, for measurements with random weights.</summary>
public static class KnownShapes
{
    /// <summary>GPT-2 small: 12 layers, width 768, 124,439,808 parameters.</summary>
    public static ModelSpec Gpt2Small { get; } = new()
    {
        Family = "gpt2",
        Layers = 12,
        Width = 768,
        VocabularySize = 50257,
        ContextLength = 1024,
        Embedding = new EmbeddingSpec { Width = 768, PositionRows = 1024 },
        Norm = new NormSpec(NormKind.LayerNorm, 1e-5f),
        Placement = NormPlacement.Pre,
        Attention = new AttentionSpec { Heads = 12, KeyValueHeads = 12, HeadSize = 64, Scale = 0.125f },
        Mlp = new MlpSpec(3072, Activation.GeluTanh, Gated: false),
        TiedHead = true,
    };

    /// <summary>Llama 3.1 8B: 32 layers, width 4096, 8,030,261,248 parameters.</summary>
    public static ModelSpec Llama8B { get; } = new()
    {
        Family = "llama",
        Layers = 32,
        Width = 4096,
        VocabularySize = 128256,
        ContextLength = 131072,
        Embedding = new EmbeddingSpec { Width = 4096 },
        Norm = new NormSpec(NormKind.RmsNorm, 1e-5f),
        Placement = NormPlacement.Pre,
        Attention = new AttentionSpec
        {
            Heads = 32,
            KeyValueHeads = 8,
            HeadSize = 128,
            Scale = 0.08838835f,
            Rope = RopeScaling.Llama3(128, 500000, factor: 8, lowFactor: 1, highFactor: 4, originalContext: 8192),
        },
        Mlp = new MlpSpec(14336, Activation.Silu, Gated: true),
        TiedHead = false,
    };

    /// <summary>Qwen 3 4B: 36 layers, width 2560, 4,022,468,096 parameters.</summary>
    public static ModelSpec Qwen4B { get; } = new()
    {
        Family = "qwen3",
        Layers = 36,
        Width = 2560,
        VocabularySize = 151936,
        ContextLength = 40960,
        Embedding = new EmbeddingSpec { Width = 2560 },
        Norm = new NormSpec(NormKind.RmsNorm, 1e-6f),
        Placement = NormPlacement.Pre,
        Attention = new AttentionSpec
        {
            Heads = 32,
            KeyValueHeads = 8,
            HeadSize = 128,
            Scale = 0.08838835f,
            QueryKeyNorm = QueryKeyNorm.PerHead,
            Rope = RopeScaling.Default(128, 1e6),
        },
        Mlp = new MlpSpec(9728, Activation.Silu, Gated: true),
        TiedHead = true,
    };
}
