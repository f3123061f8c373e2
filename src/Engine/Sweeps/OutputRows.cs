using Weir.Engine.Forward;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Sweeps;

/// <summary>Chosen rows of a stage's output, and what the unembedding multiplies there.</summary>
internal static class OutputRows
{
    /// <summary>Final norm and output projection of some rows of the last residual: F32 [indices, head inputs].</summary>
    public static Tensor HeadInput(Model model, Arena arena, Tensor residual, Tensor indices)
    {
        IOps ops = model.Device.Ops;
        int n = (int)indices.Shape.Count;
        Tensor rows = arena.Allocate(new Shape(n, model.Spec.Width));
        ops.GatherRows(residual, indices, rows);
        if (model.Weights.FinalNorm is { } norm)
        {
            NormRunner.Fused(ops, model.Spec.Norm, norm, rows, rows);
        }

        return HeadRunner.Project(model, arena, rows);
    }

    /// <summary>Logits of some rows of the last residual: F32 [indices, vocabulary].</summary>
    public static Tensor Logits(Model model, Arena arena, Tensor residual, Tensor indices)
    {
        Tensor rows = HeadInput(model, arena, residual, indices);
        Tensor logits = arena.Allocate(new Shape(rows.Rows, model.Spec.VocabularySize));
        HeadRunner.Unembed(model, rows, logits);
        return logits;
    }
}
