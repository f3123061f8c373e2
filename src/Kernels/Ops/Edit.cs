namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>Changes some rows in place; other rows keep their bits.</summary>
    /// <param name="kind">What to do; see <see cref="EditKind"/>.</param>
    /// <param name="target">F32 [n, width]; rows may have a stride (one head's columns, one neuron).</param>
    /// <param name="rows">I32 [m]: rows to change, each once.</param>
    /// <param name="coefficients">F32 [m], or absent where the kind has none.</param>
    /// <param name="operand">
    /// F32 [width] for all rows, or [m, width] row by row; [2] (low, high) for Clamp; absent where the kind has none.
    /// </param>
    void Edit(EditKind kind, Tensor target, Tensor rows, Tensor coefficients, Tensor operand);
}
