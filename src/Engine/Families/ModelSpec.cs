using Weir.Kernels.Ops;

namespace Weir.Engine.Families;

/// <summary>
/// What a model's forward pass is made of, in the terms of its mathematics. A family's file reads config.json into
/// one of these; nothing after it knows the family.
/// </summary>
public sealed record ModelSpec
{
    /// <summary>The family's name as config.json's model_type gives it, for messages and reports only.</summary>
    public required string Family { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Width d of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>Rows of the token embedding and of the unembedding.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Largest number of tokens in one sequence.</summary>
    public required int ContextLength { get; init; }

    /// <summary>How tokens and positions enter the residual stream.</summary>
    public required EmbeddingSpec Embedding { get; init; }

    /// <summary>The norm used everywhere in the model.</summary>
    public required NormSpec Norm { get; init; }

    /// <summary>Where the norms of a block stand.</summary>
    public required NormPlacement Placement { get; init; }

    /// <summary>True where attention and MLP both read the block's input: x + attn(ln1 x) + mlp(ln2 x).</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>The attention of every block.</summary>
    public required AttentionSpec Attention { get; init; }

    /// <summary>The MLP of every block.</summary>
    public required MlpSpec Mlp { get; init; }

    /// <summary>True where a final norm stands before the unembedding.</summary>
    public bool FinalNorm { get; init; } = true;

    /// <summary>True where the unembedding is the token embedding.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Cap c of the final logits, c tanh(x / c); 0 for none.</summary>
    public float FinalSoftcap { get; init; }

    /// <summary>Ids that end generation, from config.json and generation_config.json.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>Id that the family puts before a text, or null where it puts none.</summary>
    public int? BeginToken { get; init; }

    /// <summary>What the loader noticed and the user should read, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
