using Weir.Analysis.Depth;

namespace Weir.Cli.Depth;

/// <summary>What a run of the verb has measured; what was not asked for is null.</summary>
internal sealed record DepthFindings
{
    /// <summary>Why there are no integrated gradients over depth among the measures.</summary>
    public const string NoGradients = "integrated gradients over depth need a backward pass, which this program does not have";

    /// <summary>What was asked for, by the words of the option.</summary>
    public required IReadOnlyList<string> Measured { get; init; }

    /// <summary>The prompts.</summary>
    public required IReadOnlyList<DepthPrompt> Prompts { get; init; }

    /// <summary>Number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>What tables show of each cell's samples.</summary>
    public required DepthReduction Reduction { get; init; }

    /// <summary>Splits of each prompt, or null.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Splits { get; init; }

    /// <summary>Norms, cosines and lens.</summary>
    public DepthProfile? Profile { get; init; }

    /// <summary>Propagated effects.</summary>
    public SkipEffects? Effects { get; init; }

    /// <summary>Local effects.</summary>
    public LocalEffects? Local { get; init; }

    /// <summary>Erasure maps [L + 1, tokens up to the last measured position], of the first prompts.</summary>
    public IReadOnlyList<double[,]>? Erasure { get; init; }

    /// <summary>What was written in an erased token's place.</summary>
    public string? ErasedWith { get; init; }

    /// <summary>The counterfactual prompt that this is the mean of, or null.</summary>
    public DepthPrompt? Counterfactual { get; init; }

    /// <summary>Depth scores.</summary>
    public DepthScores? Scores { get; init; }
}
