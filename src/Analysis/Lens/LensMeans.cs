using Weir.Analysis.Depth;
using Weir.Analysis.Statistics;
using Weir.Engine.Lens;

namespace Weir.Analysis.Lens;

/// <summary>
/// Readings of several prompts together: means over the positions of each, and over the prompts, with 95 % intervals over the
/// prompts.
/// </summary>
/// <param name="readings">A reading of each prompt, of the same states.</param>
/// <param name="overlapCount">Tokens that the overlap with the last state counts, at most those the readings name.</param>
public sealed class LensMeans(IReadOnlyList<LensResult> readings, int overlapCount)
{
    /// <summary>Number of states.</summary>
    public int States => readings[0].States;

    /// <summary>A state's entropy in nats.</summary>
    public Estimate Entropy(int state) => Over(r => Mean(r, p => r.Entropy[r.Row(state, p)]));

    /// <summary>KL(state || last state) in nats.</summary>
    public Estimate Divergence(int state) => Over(r => Mean(r, p => r.Divergence[r.Row(state, p)]));

    /// <summary>Share of a state's first tokens that are among the last state's.</summary>
    public Estimate Overlap(int state) => Over(r => Mean(r, p => r.Overlap(state, p, overlapCount)));

    /// <summary>
    /// Depth in one number, off the curves: states are the inputs of layers 0 to L - 1 and the last residual. Cosines are not
    /// seen here.
    /// </summary>
    public EffectiveDepth Depth
    {
        get
        {
            int layers = States - 1;
            double[] Curve(Func<int, Estimate> measure) => [.. Enumerable.Range(0, layers).Select(s => measure(s).Mean)];
            return new EffectiveDepth(layers, null, EffectiveDepth.OfDivergence(Curve(Divergence)), EffectiveDepth.OfOverlap(Curve(Overlap)));
        }
    }

    private static double Mean(LensResult reading, Func<int, double> value)
    {
        double sum = 0;
        for (int p = 0; p < reading.Positions; p++)
        {
            sum += value(p);
        }

        return sum / reading.Positions;
    }

    private Estimate Over(Func<LensResult, double> value) => Bootstrap.Mean([.. readings.Select(value)]);
}
