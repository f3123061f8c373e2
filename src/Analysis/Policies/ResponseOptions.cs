namespace Weir.Analysis.Policies;

/// <summary>How a model answers prompts before its policies are read; it draws from its whole, unchanged policy by default.</summary>
public sealed record ResponseOptions
{
    /// <summary>Answers to each prompt.</summary>
    public int Samples { get; init; } = 8;

    /// <summary>Most tokens of an answer.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Temperature; 0 is greedy.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Keeps the most probable tokens that together reach this; 1 keeps all.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Draws; answer i of all draws from this plus i.</summary>
    public long Seed { get; init; }

    /// <summary>Answers that are drawn as one batch.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Told the fraction of answers done.</summary>
    public IProgress<double>? Progress { get; init; }
}
