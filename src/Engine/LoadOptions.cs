using Weir.Kernels;

namespace Weir.Engine;

/// <summary>How a model is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>Where it runs; it stays the caller's. Null for a CPU device of the model's own.</summary>
    public IDevice? Device { get; init; }

    /// <summary>The type that the weights must be stored in, or null for any; they are never converted.</summary>
    public ElementType? WeightType { get; init; }

    /// <summary>
    /// True to hold embedding, unembedding and one block at a time on the device: each block is read from its file when its
    /// turn comes, in every pass and every wave. Results have the same bits; what fits no device runs, at the speed of the
    /// disk. Generation records no steps then, since weights do not stay where they were.
    /// </summary>
    public bool StreamWeights { get; init; }

    /// <summary>Told the fraction of the weights' bytes taken over so far.</summary>
    public IProgress<double>? Progress { get; init; }
}
