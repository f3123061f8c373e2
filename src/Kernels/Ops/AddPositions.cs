namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>Adds learned positions: y[i] = x[i] + table[positions[i] + offset].</summary>
    /// <param name="x">F32 [n, width].</param>
    /// <param name="positions">I32 [n].</param>
    /// <param name="table">F32 [rows, width].</param>
    /// <param name="offset">Row of position 0.</param>
    /// <param name="y">F32 [n, width], written; may be x.</param>
    void AddPositions(Tensor x, Tensor positions, Tensor table, int offset, Tensor y);
}
