namespace Weir.Engine.Sweeps;

/// <summary>
/// How far a variant's next-token distribution p' is from the baseline's p, over the measured positions, each as mean and
/// maximum: KL(p || p') and KL(p' || p) in nats, |p - p'| (Euclidean, at most sqrt 2), total variation (at most 1). Logits
/// are made for a few rows at a time.
/// </summary>
public sealed class DistributionMetric : ISweepMetric
{
    private static readonly string[] Names = ["kl", "kl_reverse", "probability_l2", "total_variation"];

    /// <summary>Positions that count, in each sequence; the last by default.</summary>
    public Range Positions { get; init; } = ^1..;

    /// <inheritdoc/>
    public string Name => "output";

    /// <inheritdoc/>
    public void AfterBlock(SweepStage stage, SweepRecorder record)
    {
        // Measured at the output alone.
    }

    /// <inheritdoc/>
    public void AtOutput(SweepStage stage, SweepRecorder record)
    {
        float[][] distances = stage.CompareDistributions((_, _) => Positions);
        for (int v = 0; v < distances.Length; v++)
        {
            int first = 0;
            for (int s = 0; s < stage.Rows.Sequences; s++)
            {
                (int from, int to) = MeasuredRows.Of(stage.Rows, s, Positions);
                Record(record, s, stage.Variants[v], distances[v].AsSpan(first * Names.Length, (to - from) * Names.Length));
                first += to - from;
            }
        }
    }

    private void Record(SweepRecorder record, int sequence, int variant, ReadOnlySpan<float> distances)
    {
        for (int i = 0; i < Names.Length && distances.Length > 0; i++)
        {
            double sum = 0, largest = 0;
            for (int at = i; at < distances.Length; at += Names.Length)
            {
                sum += distances[at];
                largest = Math.Max(largest, distances[at]);
            }

            record.Add(sequence, variant, $"{Name}.{Names[i]}.mean", -1, sum / (distances.Length / Names.Length));
            record.Add(sequence, variant, $"{Name}.{Names[i]}.max", -1, largest);
        }
    }
}
