namespace Weir.Kernels.Ops;

/// <summary>What the caller wants a norm to write beside y; absent tensors are not written.</summary>
/// <param name="Scale">F32 [n, groups]: sqrt(mean square or variance + epsilon).</param>
/// <param name="Normalized">F32, x's shape: the value before gain and bias.</param>
public readonly record struct NormTaps(Tensor Scale, Tensor Normalized)
{
    /// <summary>
    /// F32, x's shape: Residual + y with the bits of <see cref="IOps.Add"/>, for models that norm what a sublayer adds; may
    /// be the residual.
    /// </summary>
    public Tensor Sum { get; init; }

    /// <summary>F32, x's shape, given with <see cref="Sum"/>.</summary>
    public Tensor Residual { get; init; }
}
