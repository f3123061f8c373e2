using Weir.Engine.Hooks;

namespace Weir.Engine.Generation;

/// <summary>How texts are continued.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens to add to each prompt.</summary>
    public int MaxTokens { get; init; } = 32;

    /// <summary>0 is greedy.</summary>
    public float Temperature { get; init; }

    /// <summary>Keeps the k most probable tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the most probable tokens that together reach this; 1 keeps all.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>
    /// Seed of each prompt's draws; where there are fewer than prompts, prompt i beyond them draws from the first seed
    /// plus i. A prompt's draws do not depend on the rest of the batch.
    /// </summary>
    public IReadOnlyList<long> Seeds { get; init; } = [0];

    /// <summary>Texts that end a continuation; they are not part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Ids that end a continuation, or null for the model's own.</summary>
    public IReadOnlyList<int>? EndTokens { get; init; }

    /// <summary>Edits and taps, which act on every step; captures are refused, since no step's values outlive it.</summary>
    public HookSet Hooks { get; init; } = HookSet.None;

    /// <summary>Told the fraction of blocks done in each step; what it throws stops the generation.</summary>
    public IProgress<double>? Progress { get; init; }
}
