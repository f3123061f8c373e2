using System.Numerics.Tensors;
using Weir.Analysis.Statistics;

namespace Weir.Analysis.Depth;

/// <summary>
/// How deep effects lie on average, d = sum_s s e_s / sum_s e_s with e_s the effect of leaving layer s out (Csordas et al.
/// 2025, arXiv 2505.13898). Effects are reduced over the examples first and scored then: a mean of the examples' own scores
/// is another number. Layers count from 0, as in the paper's code; its text counts from 1.
/// </summary>
public static class DepthScore
{
    /// <summary>The score of effects e_s; NaN where all are 0.</summary>
    public static double Of(ReadOnlySpan<double> effects)
    {
        double weighted = 0, sum = 0;
        for (int s = 0; s < effects.Length; s++)
        {
            weighted += s * effects[s];
            sum += effects[s];
        }

        return sum > 0 ? weighted / sum : double.NaN;
    }

    /// <summary>e_s = sum over later layers l of E[s, l] / max(1, L - 1 - s).</summary>
    /// <param name="effects">E [skipped layer, later layer].</param>
    public static double[] LayerEffects(double[,] effects)
    {
        int layers = effects.GetLength(0);
        return [.. Enumerable.Range(0, layers).Select(s => LaterMean(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref effects[s, 0], layers), s))];
    }

    /// <summary>
    /// The score of some examples. Of each example the largest effect over its splits and positions counts.
    /// </summary>
    /// <param name="effects">
    /// Of a <see cref="SkipEffects"/>: effects on later layers, E [L, L], which make e_s, or on the output, O [L, 1], which are e_s.
    /// </param>
    /// <param name="examples">Their numbers among the table's prompts; those without a sample are left out.</param>
    /// <param name="seed">The same seed gives the same intervals.</param>
    public static DepthScoreResult Of(SampleTable effects, IEnumerable<int> examples, int seed = 0)
    {
        double[][] largest = [.. examples.Where(effects.Has).Select(p =>
            (double[])[.. Enumerable.Range(0, effects.Rows * effects.Columns).Select(i => effects.MaxOf(p, i / effects.Columns, i % effects.Columns))])];
        double[] pooled = new double[effects.Rows * effects.Columns];
        Estimate Score(Action<double[]> add) => Bootstrap.Of(largest.Length, drawn =>
        {
            Array.Clear(pooled);
            for (int i = 0; i < drawn.Count; i++)
            {
                add(largest[drawn[i]]);
            }

            return OfMap(pooled, effects.Columns);
        }, seed);

        // A sum for the mean: the score does not depend on the scale of effects.
        return new DepthScoreResult(
            Score(example => TensorPrimitives.Max(pooled, example, pooled)),
            Score(example => TensorPrimitives.Add(pooled, example, pooled)),
            [.. largest.Select(example => OfMap(example, effects.Columns))]);
    }

    private static double OfMap(ReadOnlySpan<double> effects, int columns)
    {
        Span<double> e = new double[effects.Length / columns];
        for (int s = 0; s < e.Length; s++)
        {
            e[s] = columns == 1 ? effects[s] : LaterMean(effects.Slice(s * columns, columns), s);
        }

        return Of(e);
    }

    private static double LaterMean(ReadOnlySpan<double> row, int source) => TensorPrimitives.Sum(row[(source + 1)..]) / Math.Max(1, row.Length - 1 - source);
}
