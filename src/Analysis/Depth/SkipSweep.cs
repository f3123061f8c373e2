using Weir.Engine;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;

namespace Weir.Analysis.Depth;

/// <summary>
/// How much every later attention and MLP depends on a block: each block is skipped in turn, and the change runs on
/// (Csordas et al. 2025, arXiv 2505.13898). All variants advance as one wave.
/// </summary>
public static class SkipSweep
{
    /// <summary>Skips each block of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Token ids of the prompts.</param>
    /// <param name="positions">Positions at which blocks are skipped; the paper leaves out position 0.</param>
    public static SkipSweepResult Run(Model model, IReadOnlyList<IReadOnlyList<int>> sequences, Range positions)
    {
        int layers = model.Spec.Layers;
        var result = new SkipSweepResult(layers);
        double tokens = sequences.Sum(s => s.Count);
        Variant[] variants = [.. Enumerable.Range(0, layers - 1)
            .Select(s => new Variant($"skip {s}", [Edit.Skip(Site.ResidualPost[s]) with { Positions = positions }]))];
        var sweep = new Sweep(model, sequences, variants, [new ContributionMetric(SweepPoint.AttentionOut), new ContributionMetric(SweepPoint.MlpOut)]);
        foreach (SweepCell cell in sweep.Run().SelectMany(cells => cells))
        {
            double share = sequences[cell.Prompt].Count / tokens;
            foreach ((string name, int layer, double value) in cell.Values)
            {
                switch (name)
                {
                    case "attn_out.change.mean":
                        result.MeanAttention[cell.Variant, layer] += share * value;
                        break;
                    case "attn_out.change.max":
                        result.LargestAttention[cell.Variant, layer] = Math.Max(result.LargestAttention[cell.Variant, layer], value);
                        break;
                    case "mlp_out.change.mean":
                        result.MeanMlp[cell.Variant, layer] += share * value;
                        break;
                    case "mlp_out.change.max":
                        result.LargestMlp[cell.Variant, layer] = Math.Max(result.LargestMlp[cell.Variant, layer], value);
                        break;
                    default:
                        break;
                }
            }
        }

        return result;
    }
}
