using Weir.Engine.Families;
using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>Runs a norm in one op, or stage by stage where somebody changes its scale or its normalized value.</summary>
internal static class NormRunner
{
    /// <summary>
    /// The norm in front of a sublayer, or null where there is none: one behind the sum is no part of what the sublayer reads.
    /// </summary>
    public static NormWeights? InFront(ModelSpec spec, NormWeights? norm) => spec.Placement is NormPlacement.AfterResidual ? null : norm;

    /// <summary>y = norm(x) and, where a sum is asked for, sum = residual + y.</summary>
    public static void Run(
        NormSpec spec, NormWeights weights, Tensor x, Tensor y, Batch batch, PackedRows rows, SiteUse? scaleUse, SiteUse? normalizedUse,
        Tensor residual = default, Tensor sum = default)
    {
        IOps ops = batch.Ops;
        bool staged = scaleUse is { Acts: true } || normalizedUse is { Acts: true };
        Tensor scale = scaleUse is { Captured: true } ? scaleUse.Slot : default;
        if (!staged)
        {
            Tensor slot = normalizedUse is { Captured: true } ? normalizedUse.Slot : default;
            Fused(ops, spec, weights, x, y, new NormTaps(scale, slot) { Residual = residual, Sum = sum });
            return;
        }

        var mark = batch.Scratch.Mark();
        if (scale.IsAbsent)
        {
            scale = batch.Scratch.Allocate(new Shape(x.Rows, 1));
        }

        // x may be y, and the later stages still need x.
        Tensor normalized = normalizedUse is { Captured: true } ? normalizedUse.Slot : batch.Scratch.Allocate(x.Shape);
        Fused(ops, spec, weights, x, normalized, new NormTaps(scale, default));
        SiteRunner.Act(scaleUse, scale, batch, rows);
        ops.Normalize(x, scale, spec.Kind == NormKind.LayerNorm, normalized);
        SiteRunner.Act(normalizedUse, normalized, batch, rows);
        ops.Affine(normalized, weights.Gain, spec.GainOffset, weights.Bias, y);
        batch.Scratch.Release(mark);
        if (!sum.IsAbsent)
        {
            ops.Add(residual, y, sum);
        }
    }

    /// <summary>The norm as one op.</summary>
    public static void Fused(IOps ops, NormSpec spec, NormWeights weights, Tensor x, Tensor y, in NormTaps taps = default)
    {
        if (spec.Kind == NormKind.LayerNorm)
        {
            ops.LayerNorm(x, weights.Gain, weights.Bias, spec.Epsilon, y, taps);
        }
        else
        {
            ops.RmsNorm(x, weights.Gain, spec.GainOffset, spec.Epsilon, y, taps);
        }
    }
}
