using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Engine.Sweeps;

/// <summary>One block on states of the caller's own, which no forward pass need have made: any number of sequences as one batch.</summary>
public static class BlockEvaluation
{
    /// <summary>Runs a block.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">Which block.</param>
    /// <param name="lengths">Rows of each sequence, from position 0 on.</param>
    /// <param name="input">F32 [rows, d]: the residual in front of the block, sequence after sequence.</param>
    /// <param name="attentionOut">F32 [rows, d], written: what attention adds.</param>
    /// <param name="mlpOut">F32 [rows, d], written: what the MLP adds.</param>
    public static void Run(Model model, int layer, IReadOnlyList<int> lengths, Tensor input, Tensor attentionOut, Tensor mlpOut)
    {
        int[] offsets = new int[lengths.Count + 1];
        for (int s = 0; s < lengths.Count; s++)
        {
            offsets[s + 1] = offsets[s] + lengths[s];
        }

        using ScratchLease scratch = model.BorrowScratch();
        var batch = new Batch(model, scratch.Arena, new PackedRows(offsets, new int[lengths.Count]), [.. lengths]);
        batch.MakeAngles();
        var plan = new HookPlan(new HookSet().Capture(Site.AttentionOut[layer], Site.MlpOut[layer]), model.Spec);
        plan.Use(SitePoint.AttentionOut, layer)!.Slot = attentionOut;
        plan.Use(SitePoint.MlpOut, layer)!.Slot = mlpOut;
        plan.Bind(batch, batch.Rows);
        Tensor residual = scratch.Arena.Allocate(input.Shape);
        new BlockRunner(model, plan, batch).Run(layer, model.LayerStore(batch.Rows), input, residual, residual);
    }
}
