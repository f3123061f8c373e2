using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>Turns tokens into the first residual.</summary>
internal static class EmbeddingRunner
{
    /// <summary>Writes the residual before layer 0.</summary>
    /// <param name="model">The model.</param>
    /// <param name="plan">What hooks want.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="ids">I32 [rows].</param>
    /// <param name="x">F32 [rows, d], written.</param>
    public static void Run(Model model, HookPlan plan, Batch batch, Tensor ids, Tensor x)
    {
        ModelWeights w = model.Weights;
        IOps ops = batch.Ops;
        var mark = batch.Scratch.Mark();
        SiteUse? use = plan.Use(SitePoint.Embed);
        Tensor embedded = use is { Captured: true } ? use.Slot
            : w.ProjectIn is null ? x
            : batch.Scratch.Allocate(new Shape(batch.Count, model.Spec.Embedding.Width));
        ops.Embed(ids, w.Embedding, model.Spec.Embedding.Scale, embedded);
        SiteRunner.Act(use, embedded, batch, batch.Rows);
        if (w.ProjectIn is { } project)
        {
            ops.MatMul(embedded, project.Matrix, x, new MatMulOptions { Bias = project.Bias });
        }

        if (!w.Positions.IsAbsent)
        {
            ops.AddPositions(w.ProjectIn is null ? embedded : x, batch.Positions, w.Positions, model.Spec.Embedding.PositionOffset, x);
        }
        else if (w.ProjectIn is null && embedded.Address != x.Address)
        {
            // Somebody changes the first block's input and wants the embedding as it was, too.
            ops.Copy(embedded, x);
        }

        batch.Scratch.Release(mark);
    }
}
