using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;

namespace Weir.Analysis.Depth;

/// <summary>One variant of the sweep: what is left out of which layer, up to which split of each prompt.</summary>
/// <param name="Part">What.</param>
/// <param name="Source">Of which layer.</param>
/// <param name="Split">The split's number among each prompt's, or -1 for all positions.</param>
internal sealed record SkipVariant(SkippedPart Part, int Source, int Split)
{
    public SkipReach Reach => Split < 0 ? SkipReach.AllPositions : SkipReach.Future;

    /// <summary>All variants that can act on some prompt.</summary>
    public static SkipVariant[] All(int layers, IReadOnlyList<int> lengths, SkipOptions o)
    {
        int splits = o.Splits?.Max(s => s.Count) ?? 0;
        return [.. from part in o.Parts
                   from split in Enumerable.Range(-1, splits + 1)
                   where split >= 0 || o.AllPositions
                   where Enumerable.Range(0, lengths.Count).Any(p => Skipped(p, split, lengths, o) > 0)
                   from source in Enumerable.Range(0, layers)
                   select new SkipVariant(part, source, split)];
    }

    /// <summary>Number of positions, from the first that may be changed on, that a variant leaves a layer out at.</summary>
    public static int Skipped(int prompt, int split, IReadOnlyList<int> lengths, SkipOptions o) => Math.Max(0, -o.FirstPosition + (
        split < 0 ? lengths[prompt] : split < o.Splits![prompt].Count ? o.Splits[prompt][split] : 0));

    /// <summary>The sweep's variant: an edit for each prompt that it acts on.</summary>
    public Variant ToVariant(IReadOnlyList<int> lengths, SkipOptions o)
    {
        Site site = Part switch
        {
            SkippedPart.Attention => Site.AttentionOut[Source],
            SkippedPart.Mlp => Site.MlpOut[Source],
            _ => Site.ResidualPost[Source],
        };
        return new Variant($"{site.Name} {Split}", [.. from p in Enumerable.Range(0, lengths.Count)
                                                       let count = Skipped(p, Split, lengths, o)
                                                       where count > 0
                                                       select Edit.Skip(site) with { Positions = o.FirstPosition..(o.FirstPosition + count), Sequences = [p] }]);
    }
}
