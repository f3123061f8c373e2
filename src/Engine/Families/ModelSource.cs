namespace Weir.Engine.Families;

/// <summary>Where a model's weights stand in the checkpoint.</summary>
public sealed record ModelSource
{
    /// <summary>Token embedding [vocabulary, embedding width].</summary>
    public required string Embedding { get; init; }

    /// <summary>Learned positions [rows, width], or null.</summary>
    public string? Positions { get; init; }

    /// <summary>Projection from the embedding's width to the model's, or null.</summary>
    public LinearSource? ProjectIn { get; init; }

    /// <summary>Projection from the model's width to the embedding's before the head, or null.</summary>
    public LinearSource? ProjectOut { get; init; }

    /// <summary>The blocks in order.</summary>
    public required IReadOnlyList<BlockSource> Blocks { get; init; }

    /// <summary>The norm before the head, or null.</summary>
    public NormSource? FinalNorm { get; init; }

    /// <summary>The unembedding [vocabulary, embedding width], the token embedding's name where tied.</summary>
    public required LinearSource Head { get; init; }
}
