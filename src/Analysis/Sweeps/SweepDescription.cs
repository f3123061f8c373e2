namespace Weir.Analysis.Sweeps;

/// <summary>What a sweep is, as its file tells it: enough to know whether another run is the same sweep.</summary>
/// <param name="Meta">Model hash, metrics and everything else that changes a cell's values.</param>
/// <param name="Prompts">The prompts.</param>
/// <param name="Variants">The variants.</param>
public sealed record SweepDescription(IReadOnlyDictionary<string, string> Meta, IReadOnlyList<SweepPrompt> Prompts, IReadOnlyList<SweepVariant> Variants)
{
    /// <summary>True where every cell of the two means the same.</summary>
    public bool IsSameSweep(SweepDescription other) =>
        Meta.OrderBy(m => m.Key, StringComparer.Ordinal).SequenceEqual(other.Meta.OrderBy(m => m.Key, StringComparer.Ordinal))
        && Prompts.SequenceEqual(other.Prompts) && Variants.SequenceEqual(other.Variants);
}
