using System.Runtime.InteropServices;
using Weir.Engine.Families;
using Weir.Engine.Weights;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>
/// The parts of a model's blocks that know no sequence, run on rows of one's own: what a head writes, what an MLP adds, the
/// norm in front of the unembedding. The ops are those of a forward pass, so a row of a pass gives the pass's own numbers.
/// </summary>
public sealed class Sublayers
{
    private readonly Model _model;

    internal Sublayers(Model model) => _model = model;

    /// <summary>What a block's attention reads: y = LN_in(x), or x itself where no norm stands in front of it.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="x">F32 [n, width], the block's input.</param>
    /// <param name="y">F32 [n, width], written; may be x.</param>
    public void AttentionInput(int layer, Tensor x, Tensor y) => Norm(NormRunner.InFront(_model.Spec, _model.Weights.Blocks[layer].AttentionNorm), x, y);

    /// <summary>What a block's MLP reads: y = LN_post(x), or x itself where no norm stands in front of it.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="x">F32 [n, width], the residual behind attention; the block's input where both run in parallel.</param>
    /// <param name="y">F32 [n, width], written; may be x.</param>
    public void MlpInput(int layer, Tensor x, Tensor y) => Norm(NormRunner.InFront(_model.Spec, _model.Weights.Blocks[layer].MlpNorm), x, y);

    /// <summary>What each head writes: z_h W_O,h, without the projection's bias and before a post-norm.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="z">F32 [n, heads * head size].</param>
    /// <param name="results">F32 [n, heads * width], written.</param>
    public void HeadResults(int layer, Tensor z, Tensor results)
    {
        ModelSpec spec = _model.Spec;
        int size = spec.Attention.HeadSize;
        for (int h = 0; h < spec.Attention.Heads; h++)
        {
            _model.Device.Ops.MatMul(
                z.Columns(h * size, size), _model.Weights.Blocks[layer].AttentionOutput.Matrix,
                results.Columns(h * spec.Width, spec.Width), new MatMulOptions { InputOffset = h * size });
        }
    }

    /// <summary>What a block's attention adds to the residual, of its heads' mixed values.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="z">F32 [n, heads * head size].</param>
    /// <param name="raw">F32 [n, width], written: the projection with its bias, before a post-norm.</param>
    /// <param name="added">F32 [n, width], written: what is added; may be raw.</param>
    public void Attention(int layer, Tensor z, Tensor raw, Tensor added)
    {
        LinearWeights w = _model.Weights.Blocks[layer].AttentionOutput;
        _model.Device.Ops.MatMul(z, w.Matrix, raw, new MatMulOptions { Bias = w.Bias });
        AttentionAdded(layer, raw, added);
    }

    /// <summary>What is added to the residual where the output projection gives raw: its post-norm, or raw itself.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="raw">F32 [n, width].</param>
    /// <param name="added">F32 [n, width], written; may be raw.</param>
    public void AttentionAdded(int layer, Tensor raw, Tensor added) => Norm(_model.Weights.Blocks[layer].AttentionPostNorm, raw, added);

    /// <summary>What a block's MLP adds to the residual, its norms included.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="x">F32 [n, width]: the residual that it reads, resid_mid, or resid_pre where it runs beside the attention.</param>
    /// <param name="added">F32 [n, width], written; must not overlap x.</param>
    public void Mlp(int layer, Tensor x, Tensor added)
    {
        ModelSpec spec = _model.Spec;
        IOps ops = _model.Device.Ops;
        BlockWeights w = _model.Weights.Blocks[layer];
        using ScratchLease scratch = _model.BorrowScratch();
        Tensor input = x;
        if (NormRunner.InFront(spec, w.MlpNorm) is { } norm)
        {
            input = scratch.Arena.Allocate(new Shape(x.Rows, spec.Width));
            NormRunner.Fused(ops, spec.Norm, norm, x, input);
        }

        Tensor post = scratch.Arena.Allocate(new Shape(x.Rows, spec.Mlp.Width));
        if (spec.Mlp.Gated)
        {
            Tensor inner = scratch.Arena.Allocate(new Shape(x.Rows, 2 * spec.Mlp.Width));
            ops.MatMul(input, w.MlpInput.Matrix, inner, new MatMulOptions { Bias = w.MlpInput.Bias });
            ops.Activate(spec.Mlp.Activation, inner.Columns(0, spec.Mlp.Width), inner.Columns(spec.Mlp.Width, spec.Mlp.Width), post);
        }
        else
        {
            ops.MatMul(input, w.MlpInput.Matrix, post, new MatMulOptions { Bias = w.MlpInput.Bias, Activation = spec.Mlp.Activation });
        }

        ops.MatMul(post, w.MlpOutput.Matrix, added, new MatMulOptions { Bias = w.MlpOutput.Bias });
        if (w.MlpPostNorm is { } back)
        {
            NormRunner.Fused(ops, spec.Norm, back, added, added);
        }
    }

    /// <summary>The norm in front of the unembedding.</summary>
    /// <param name="x">F32 [n, width].</param>
    /// <param name="y">F32 [n, width], written; may be x.</param>
    /// <param name="scale">F32 [n, 1], written with what it divides by (1 where there is no norm), or absent.</param>
    public void FinalNorm(Tensor x, Tensor y, Tensor scale = default)
    {
        NormWeights? norm = _model.Weights.FinalNorm;
        Norm(norm, x, y, scale);
        if (norm is null && !scale.IsAbsent)
        {
            float[] ones = new float[x.Rows];
            Array.Fill(ones, 1);
            _model.Device.Write(scale, MemoryMarshal.AsBytes(ones.AsSpan()));
        }
    }

    /// <summary>The logits of states.</summary>
    /// <param name="normed">F32 [n, width], as <see cref="FinalNorm"/> gives it.</param>
    /// <param name="logits">F32 [n, vocabulary], written.</param>
    /// <param name="bare">True leaves the model's unembedding bias and final cap out.</param>
    public void Logits(Tensor normed, Tensor logits, bool bare = false)
    {
        using ScratchLease scratch = _model.BorrowScratch();
        HeadRunner.Unembed(_model, HeadRunner.Project(_model, scratch.Arena, normed), logits, bare);
    }

    /// <summary>The scale by which the norm on a block's attention output divides, of rows of that output; it must have one.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="raw">F32 [n, width].</param>
    /// <param name="scale">F32 [n, 1], written.</param>
    public void AttentionPostScale(int layer, Tensor raw, Tensor scale)
    {
        using ScratchLease scratch = _model.BorrowScratch();
        NormRunner.Fused(
            _model.Device.Ops, _model.Spec.Norm, _model.Weights.Blocks[layer].AttentionPostNorm!, raw,
            scratch.Arena.Allocate(raw.Shape), new NormTaps(scale, default));
    }

    private void Norm(NormWeights? norm, Tensor x, Tensor y, Tensor scale = default)
    {
        if (norm is not null)
        {
            NormRunner.Fused(_model.Device.Ops, _model.Spec.Norm, norm, x, y, new NormTaps(scale, default));
        }
        else if (x.Address != y.Address)
        {
            _model.Device.Ops.Copy(x, y);
        }
    }
}
