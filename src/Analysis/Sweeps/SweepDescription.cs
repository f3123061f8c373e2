namespace Weir.Analysis.Sweeps;

/// <summary>What a sweep is, as its file tells it: enough to know whether another run is the same sweep.</summary>
/// <param name="Meta">Model hash, metrics and everything else that changes a cell's values.</param>
/// <param name="Prompts">The prompts.</param>
/// <param name="Variants">The variants.</param>
public sealed record SweepDescription(IReadOnlyDictionary<string, string> Meta, IReadOnlyList<SweepPrompt> Prompts, IReadOnlyList<SweepVariant> Variants)
{
    /// <summary>What makes a cell of another sweep mean something else, in words; null where every cell means the same.</summary>
    public string? DifferenceFrom(SweepDescription other)
    {
        foreach (string key in Meta.Keys.Union(other.Meta.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string mine = Meta.GetValueOrDefault(key, ""), theirs = other.Meta.GetValueOrDefault(key, "");
            if (mine != theirs)
            {
                return $"{key} is '{mine}' and not '{theirs}'";
            }
        }

        return !Prompts.SequenceEqual(other.Prompts) ? "the prompts differ" : !Variants.SequenceEqual(other.Variants) ? "the variants differ" : null;
    }
}
