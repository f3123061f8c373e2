using Weir.Kernels;

namespace Weir.Engine.Sweeps;

/// <summary>
/// How much a variant changes what later blocks add, or the residual behind them: relative change |c - c'| / |c| (0 where
/// both are 0), cosine of c and c', and norm |c'|, each over the measured positions. Norms in the denominator are at least
/// 1e-6.
/// </summary>
/// <param name="point">What is compared.</param>
public sealed class ContributionMetric(SweepPoint point) : ISweepMetric
{
    private const double SmallestNorm = 1e-6;

    /// <summary>Positions that count, in each sequence; all by default.</summary>
    public Range Positions { get; init; } = Range.All;

    /// <inheritdoc/>
    public string Name => point switch
    {
        SweepPoint.AttentionOut => "attn_out",
        SweepPoint.MlpOut => "mlp_out",
        SweepPoint.Contribution => "block",
        _ => "resid_post",
    };

    /// <inheritdoc/>
    public void AfterBlock(SweepStage stage, SweepRecorder record)
    {
        float[] statistics = stage.Compare(point);
        int rows = stage.Rows.Rows;
        for (int v = 0; v < stage.Variants.Count; v++)
        {
            for (int s = 0; s < stage.Rows.Sequences; s++)
            {
                Record(stage, record, statistics.AsSpan(v * rows * 4), v, s);
            }
        }
    }

    /// <inheritdoc/>
    public void AtOutput(SweepStage stage, SweepRecorder record)
    {
        // What blocks add has been measured behind them.
    }

    private void Record(SweepStage stage, SweepRecorder record, ReadOnlySpan<float> statistics, int v, int s)
    {
        (int first, int end) = MeasuredRows.Of(stage.Rows, s, Positions);
        if (first == end)
        {
            return;
        }

        double sum = 0, largest = 0, cosine = 0, norm = 0;
        for (int row = first; row < end; row++)
        {
            double baseNorm = Math.Sqrt(statistics[row * 4]), otherNorm = Math.Sqrt(statistics[(row * 4) + 1]);
            double change = Math.Sqrt(statistics[(row * 4) + 3]) / Math.Max(baseNorm, SmallestNorm);
            sum += change;
            largest = Math.Max(largest, change);
            cosine += statistics[(row * 4) + 2] / Math.Max(baseNorm * otherNorm, SmallestNorm * SmallestNorm);
            norm += otherNorm;
        }

        int count = end - first;
        int variant = stage.Variants[v];
        record.Add(s, variant, $"{Name}.change.mean", stage.Layer, sum / count);
        record.Add(s, variant, $"{Name}.change.max", stage.Layer, largest);
        record.Add(s, variant, $"{Name}.cosine", stage.Layer, cosine / count);
        record.Add(s, variant, $"{Name}.norm", stage.Layer, norm / count);
    }
}
