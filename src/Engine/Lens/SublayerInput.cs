using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Engine.Lens;

/// <summary>
/// What attention, MLP and unembedding read of a state: the norm in front of them with its gain, by the op that the forward
/// pass runs; the state itself where the model has no norm there.
/// </summary>
public static class SublayerInput
{
    /// <summary>What a block's attention reads: y = LN_in(x).</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">The block.</param>
    /// <param name="x">F32 [n, d], the block's input.</param>
    /// <param name="y">F32 [n, d], written; not x.</param>
    public static void Attention(Model model, int layer, Tensor x, Tensor y) => Norm(model, Front(model, model.Weights.Blocks[layer].AttentionNorm), x, y);

    /// <summary>What a block's MLP reads: y = LN_post(x).</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">The block.</param>
    /// <param name="x">F32 [n, d], the residual behind attention; the block's input where both run in parallel.</param>
    /// <param name="y">F32 [n, d], written; not x.</param>
    public static void Mlp(Model model, int layer, Tensor x, Tensor y) => Norm(model, Front(model, model.Weights.Blocks[layer].MlpNorm), x, y);

    /// <summary>What the unembedding reads, before an output projection: y = LN_final(x).</summary>
    /// <param name="model">The model.</param>
    /// <param name="x">F32 [n, d], the last block's output.</param>
    /// <param name="y">F32 [n, d], written; not x.</param>
    public static void Unembedding(Model model, Tensor x, Tensor y) => Norm(model, model.Weights.FinalNorm, x, y);

    // Behind a sublayer or behind the sum a norm is no part of what the sublayer reads.
    private static NormWeights? Front(Model model, NormWeights? norm) =>
        model.Spec.Placement is NormPlacement.Pre or NormPlacement.Sandwich ? norm : null;

    private static void Norm(Model model, NormWeights? norm, Tensor x, Tensor y)
    {
        if (norm is null)
        {
            model.Device.Ops.Copy(x, y);
        }
        else
        {
            NormRunner.Fused(model.Device.Ops, model.Spec.Norm, norm, x, y);
        }
    }
}
