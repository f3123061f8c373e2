using Weir.Engine.Lens;

namespace Weir.Analysis.Policies;

/// <summary>How internal policies are read.</summary>
public sealed record PolicyOptions
{
    /// <summary>
    /// The norm in front of the unembedding, for every state. The paper's internal policies have none; the logit lens has the
    /// final norm, with which the last layer's policy is the model's own.
    /// </summary>
    public LensNorm Norm { get; init; } = LensNorm.None;

    /// <summary>Logits are divided by this; above 0.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Tokens that the overlap with the model's own policy counts; at least 1.</summary>
    public int TopK { get; init; } = 5;

    /// <summary>Whose states stand for an answer.</summary>
    public PolicyRows Rows { get; init; } = PolicyRows.Response;

    /// <summary>Draws the intervals.</summary>
    public int Seed { get; init; }

    /// <summary>Device memory for states at a time, in bytes. A sample that needs more runs again for each group of layers.</summary>
    public long StateBytes { get; init; } = 1L << 30;

    /// <summary>Told the fraction of samples done.</summary>
    public IProgress<double>? Progress { get; init; }
}
