using System.Runtime.InteropServices;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Sweeps;

/// <summary>
/// What a variant does to target tokens at the last position of each prompt: log-probability, its change from the
/// baseline's, and rank (0 is the top); with two targets also their logit difference, first less second, and its change.
/// No logits are stored.
/// </summary>
/// <param name="targets">Ids asked about, for each prompt of the sweep; the same number for all.</param>
public sealed class TargetMetric(IReadOnlyList<IReadOnlyList<int>> targets) : ISweepMetric
{
    /// <inheritdoc/>
    public string Name => "target";

    /// <inheritdoc/>
    public void AfterBlock(SweepStage stage, SweepRecorder record)
    {
        // Measured at the output alone.
    }

    /// <inheritdoc/>
    public void AtOutput(SweepStage stage, SweepRecorder record)
    {
        int sequences = stage.Rows.Sequences;
        int width = targets[stage.Prompts[0]].Count;
        int n = sequences * (stage.Variants.Count + 1);
        float[] log = new float[n * width];
        int[] ranks = new int[n * width];
        Measure(stage, sequences, width, log, ranks);
        for (int v = 0; v < stage.Variants.Count; v++)
        {
            for (int s = 0; s < sequences; s++)
            {
                int own = (((v + 1) * sequences) + s) * width, before = s * width, variant = stage.Variants[v];
                for (int t = 0; t < width; t++)
                {
                    string name = width == 1 ? Name : $"{Name}{t}";
                    record.Add(s, variant, $"{name}.log_probability", -1, log[own + t]);
                    record.Add(s, variant, $"{name}.log_probability_change", -1, log[own + t] - (double)log[before + t]);
                    record.Add(s, variant, $"{name}.rank", -1, ranks[own + t]);
                }

                if (width == 2)
                {
                    double difference = log[own] - (double)log[own + 1];
                    record.Add(s, variant, "logit_difference", -1, difference);
                    record.Add(s, variant, "logit_difference_change", -1, difference - (log[before] - (double)log[before + 1]));
                }
            }
        }
    }

    private void Measure(SweepStage stage, int sequences, int width, float[] log, int[] ranks)
    {
        Model model = stage.Model;
        using ScratchLease scratch = model.BorrowScratch();
        Arena arena = scratch.Arena;
        int n = log.Length / width;
        Tensor last = arena.Upload<int>([.. Enumerable.Range(0, sequences).Select(s => stage.Rows.Offsets[s + 1] - 1)]);
        Tensor states = arena.Allocate(new Shape(n, model.Weights.Head.Matrix.Inputs));
        for (int v = -1; v < stage.Variants.Count; v++)
        {
            Tensor residual = v < 0 ? stage.Baseline(SweepPoint.ResidualPost) : stage.Variant(SweepPoint.ResidualPost, v);
            model.Device.Ops.Copy(OutputRows.HeadInput(model, arena, residual, last), states.RowRange((v + 1) * sequences, sequences));
        }

        int[] ids = [.. Enumerable.Repeat(Enumerable.Range(0, sequences).SelectMany(s => targets[stage.Prompts[s]]), stage.Variants.Count + 1).SelectMany(t => t)];
        Tensor logProbabilities = arena.Allocate(new Shape(n, width)), targetRanks = arena.Allocate(new Shape(n, width), ElementType.I32);
        model.Device.Ops.Lens(new LensArguments
        {
            States = states,
            Unembedding = model.Weights.Head.Matrix,
            Bias = model.Weights.Head.Bias,
            Softcap = model.Spec.FinalSoftcap,
            Temperature = 1,
            Targets = arena.Upload<int>(ids, new Shape(n, width)),
            TargetLogProbabilities = logProbabilities,
            TargetRanks = targetRanks,
        });
        model.Device.Read(logProbabilities, MemoryMarshal.AsBytes(log.AsSpan()));
        model.Device.Read(targetRanks, MemoryMarshal.AsBytes(ranks.AsSpan()));
    }
}
