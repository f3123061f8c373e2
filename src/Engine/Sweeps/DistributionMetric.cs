using System.Runtime.InteropServices;
using Weir.Kernels;

namespace Weir.Engine.Sweeps;

/// <summary>
/// How far a variant's next-token distribution p' is from the baseline's p, over the measured positions, each as mean and
/// maximum: KL(p || p') and KL(p' || p) in nats, |p - p'| (Euclidean, at most sqrt 2), total variation (at most 1). Logits
/// are made for a few rows at a time.
/// </summary>
public sealed class DistributionMetric : ISweepMetric
{
    // Logits held at once: 64 MiB of each side.
    private const long MostLogits = 16 << 20;

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
        List<(int Sequence, int Row)> measured = OutputRows.Measured(stage, Positions);
        int sequences = stage.Rows.Sequences;
        double[] sums = new double[stage.Variants.Count * sequences * Names.Length];
        double[] largest = new double[sums.Length];
        int group = (int)Math.Clamp(MostLogits / stage.Model.Spec.VocabularySize, 1, 4096);
        for (int first = 0; first < measured.Count; first += group)
        {
            Measure(stage, measured[first..Math.Min(measured.Count, first + group)], sums, largest);
        }

        for (int v = 0; v < stage.Variants.Count; v++)
        {
            for (int s = 0; s < sequences; s++)
            {
                int count = measured.Count(m => m.Sequence == s);
                for (int i = 0; i < Names.Length && count > 0; i++)
                {
                    int at = (((v * sequences) + s) * Names.Length) + i;
                    record.Add(s, stage.Variants[v], $"{Name}.{Names[i]}.mean", -1, sums[at] / count);
                    record.Add(s, stage.Variants[v], $"{Name}.{Names[i]}.max", -1, largest[at]);
                }
            }
        }
    }

    private static void Measure(SweepStage stage, List<(int Sequence, int Row)> rows, double[] sums, double[] largest)
    {
        Model model = stage.Model;
        using ScratchLease scratch = model.BorrowScratch();
        Arena arena = scratch.Arena;
        Tensor indices = arena.Upload<int>([.. rows.Select(r => r.Row)]);
        Tensor baseline = OutputRows.Logits(model, arena, stage.Baseline(SweepPoint.ResidualPost), indices);
        Tensor distances = arena.Allocate(new Shape(rows.Count, Names.Length));
        float[] values = new float[rows.Count * Names.Length];
        var mark = arena.Mark();
        for (int v = 0; v < stage.Variants.Count; v++)
        {
            Tensor logits = OutputRows.Logits(model, arena, stage.Variant(SweepPoint.ResidualPost, v), indices);
            model.Device.Ops.CompareDistributions(baseline, logits, distances);
            model.Device.Read(distances, MemoryMarshal.AsBytes(values.AsSpan()));
            for (int row = 0; row < rows.Count; row++)
            {
                int cell = ((v * stage.Rows.Sequences) + rows[row].Sequence) * Names.Length;
                for (int i = 0; i < Names.Length; i++)
                {
                    double value = values[(row * Names.Length) + i];
                    sums[cell + i] += value;
                    largest[cell + i] = Math.Max(largest[cell + i], value);
                }
            }

            arena.Release(mark);
        }
    }
}
