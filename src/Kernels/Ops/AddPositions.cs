namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>Adds learned positions in place: y[i] += table[positions[i] + offset].</summary>
    /// <param name="positions">I32 [n].</param>
    /// <param name="table">F32 [rows, width].</param>
    /// <param name="offset">Row of position 0.</param>
    /// <param name="y">F32 [n, width], read and written.</param>
    void AddPositions(Tensor positions, Tensor table, int offset, Tensor y);
}
