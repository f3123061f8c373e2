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

internal static partial class Check
{
    public static void AddPositions(Tensor x, Tensor positions, Tensor table, Tensor y)
    {
        Floats(y);
        Like(x, y);
        Rows(table, table.IsAbsent ? 0 : table.Rows, y.Width);
        Integers(positions, y.Rows);
    }
}
