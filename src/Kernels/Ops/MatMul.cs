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

internal static partial class Check
{
    public static void MatMul(Tensor x, WeightMatrix w, Tensor y, in MatMulOptions options)
    {
        Floats(x);
        Rows(y, x.Rows, w.Outputs);
        That(
            options.InputOffset is { } offset ? offset >= 0 && offset <= w.Inputs - x.Width : x.Width == w.Inputs,
            "The matrix has not the inputs that x multiplies.");
        That(options.Activation is null || Enum.IsDefined(options.Activation.Value), "The product's activation does not exist.");
        if (!options.Bias.IsAbsent)
        {
            Vector(options.Bias, w.Outputs);
        }

        if (!options.Residual.IsAbsent)
        {
            Like(options.Residual, y);
        }
    }
}
