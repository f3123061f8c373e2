namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// y = residual + activation(x W^T + bias). W is read as stored and widened to f32; sums are f32, taken in the
    /// order of the inputs as one chain of fused multiply-adds, so that a row's bits depend on nothing but the row.
    /// The fused bias, activation and residual give the bits of the separate ops.
    /// </summary>
    /// <param name="x">F32 [n, inputs]; rows may have a stride.</param>
    /// <param name="w">[outputs, inputs].</param>
    /// <param name="y">F32 [n, outputs], written; must not overlap x; rows may have a stride.</param>
    /// <param name="options">Bias, activation, residual, input range.</param>
    void MatMul(Tensor x, WeightMatrix w, Tensor y, in MatMulOptions options = default);
}
