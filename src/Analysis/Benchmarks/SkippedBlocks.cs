using Weir.Analysis.Sweeps;
using Weir.Engine;
using Weir.Engine.Sweeps;

namespace Weir.Analysis.Benchmarks;

/// <summary>The sweep that is measured: each block but the last left out in turn, every later attention and MLP compared.</summary>
internal static class SkippedBlocks
{
    public static SweepCell[] Run(Model model, IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        Variant[] variants = [.. NamedVariants.SkipBlocks(model.Spec, Range.All).SkipLast(1)];
        var sweep = new Sweep(model, prompts, variants, [new ContributionMetric(SweepPoint.AttentionOut), new ContributionMetric(SweepPoint.MlpOut)]);
        return [.. sweep.Run().SelectMany(c => c)];
    }
}
