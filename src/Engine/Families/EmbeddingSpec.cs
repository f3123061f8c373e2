namespace Weir.Engine.Families;

/// <summary>How tokens and positions enter the residual stream.</summary>
public sealed record EmbeddingSpec
{
    /// <summary>Width of an embedding row; differs from the model's width where a projection stands between (OPT-350m).</summary>
    public required int Width { get; init; }

    /// <summary>Factor on the token embedding (Gemma: sqrt of the width); 1 for none.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Rows of the learned position table, its offset included; 0 where positions are not learned.</summary>
    public int PositionRows { get; init; }

    /// <summary>Row of the position table that position 0 uses (OPT: 2).</summary>
    public int PositionOffset { get; init; }
}
