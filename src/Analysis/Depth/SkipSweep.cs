using Weir.Engine;
using Weir.Engine.Sweeps;

namespace Weir.Analysis.Depth;

/// <summary>
/// How much every later attention and MLP depends on a block: each block is skipped in turn, and the change runs on
/// (Csordas et al. 2025, arXiv 2505.13898). All variants advance as one wave.
/// </summary>
public static class SkipSweep
{
    private const double SmallestNorm = 1e-6;

    /// <summary>Skips each block of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Token ids of the prompts.</param>
    /// <param name="positions">Positions at which blocks are skipped; the paper leaves out position 0.</param>
    public static SkipSweepResult Run(Model model, IReadOnlyList<IReadOnlyList<int>> sequences, Range positions)
    {
        int layers = model.Spec.Layers;
        var result = new SkipSweepResult(layers);
        using var wave = new Wave(model, sequences, layers);
        for (int l = 0; l < layers; l++)
        {
            wave.Advance();
            for (int s = 0; s < wave.Variants; s++)
            {
                (result.MeanAttention[s, l], result.LargestAttention[s, l]) = Change(wave.Compare(wave.AttentionOut, s));
                (result.MeanMlp[s, l], result.LargestMlp[s, l]) = Change(wave.Compare(wave.MlpOut, s));
            }

            if (l < layers - 1)
            {
                wave.ForkSkippingBlock(positions);
            }
        }

        return result;
    }

    // |base - variant| / max(|base|, 1e-6) over the rows.
    private static (double Mean, double Largest) Change(float[] statistics)
    {
        double sum = 0;
        double largest = 0;
        int rows = statistics.Length / 4;
        for (int i = 0; i < rows; i++)
        {
            double change = Math.Sqrt(statistics[(4 * i) + 3]) / Math.Max(Math.Sqrt(statistics[4 * i]), SmallestNorm);
            sum += change;
            largest = Math.Max(largest, change);
        }

        return (sum / rows, largest);
    }
}
