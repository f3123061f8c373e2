namespace Weir.Engine.Forward;

/// <summary>What a forward pass computes besides what hooks ask for.</summary>
public sealed record ForwardOptions
{
    /// <summary>Rows to compute logits for.</summary>
    public LogitRows Logits { get; init; } = LogitRows.All;

    /// <summary>Keys and values to continue from and to add to, or null for a pass of its own.</summary>
    public KeyValueCache? Cache { get; init; }

    /// <summary>Told the fraction of blocks done after each; what it throws stops the pass.</summary>
    public IProgress<double>? Progress { get; init; }
}
