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
}
