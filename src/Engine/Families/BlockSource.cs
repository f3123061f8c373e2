namespace Weir.Engine.Families;

/// <summary>Where one block's weights stand in the checkpoint.</summary>
public sealed record BlockSource
{
    /// <summary>Norm before attention, or after its residual addition where the placement is AfterResidual.</summary>
    public NormSource? AttentionNorm { get; init; }

    /// <summary>Norm on the attention's output.</summary>
    public NormSource? AttentionPostNorm { get; init; }

    /// <summary>Norm before the MLP, or after its residual addition where the placement is AfterResidual.</summary>
    public NormSource? MlpNorm { get; init; }

    /// <summary>Norm on the MLP's output.</summary>
    public NormSource? MlpPostNorm { get; init; }

    /// <summary>Norm on q.</summary>
    public NormSource? QueryNorm { get; init; }

    /// <summary>Norm on k.</summary>
    public NormSource? KeyNorm { get; init; }

    /// <summary>All queries, then all keys, then all values: [Heads + 2 KeyValueHeads, HeadSize] output features.</summary>
    public required LinearSource QueryKeyValue { get; init; }

    /// <summary>The attention's output projection.</summary>
    public required LinearSource AttentionOutput { get; init; }

    /// <summary>The MLP's input projection; where gated, all gate features, then all up features.</summary>
    public required LinearSource MlpInput { get; init; }

    /// <summary>The MLP's output (down) projection.</summary>
    public required LinearSource MlpOutput { get; init; }
}
