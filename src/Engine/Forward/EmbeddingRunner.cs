using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>Turns tokens into the first residual.</summary>
internal static class EmbeddingRunner
{
    public static void Run(Model model, HookPlan plan, Batch batch, IReadOnlyList<IReadOnlyList<int>> sequences, Tensor x)
    {
        ModelWeights w = model.Weights;
        IOps ops = batch.Ops;
        int[] tokens = new int[batch.Count];
        int row = 0;
        foreach (IReadOnlyList<int> sequence in sequences)
        {
            foreach (int token in sequence)
            {
                tokens[row++] = token;
            }
        }

        Tensor ids = batch.Scratch.Upload<int>(tokens);
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
        else if (embedded.Address != x.Address)
        {
            if (use!.Acts)
            {
                ops.Copy(embedded, x);
            }
            else
            {
                ops.Embed(ids, w.Embedding, model.Spec.Embedding.Scale, x);
            }
        }

        if (!w.Positions.IsAbsent)
        {
            ops.AddPositions(batch.Positions, w.Positions, model.Spec.Embedding.PositionOffset, x);
        }
    }
}
