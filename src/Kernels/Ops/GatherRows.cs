namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>y[i] = x[indices[i]].</summary>
    /// <param name="x">F32 [rows, width].</param>
    /// <param name="indices">I32 [n], each in 0 .. rows - 1.</param>
    /// <param name="y">F32 [n, width], written.</param>
    void GatherRows(Tensor x, Tensor indices, Tensor y);
}

internal static partial class Check
{
    public static void GatherRows(Tensor x, Tensor indices, Tensor y)
    {
        Floats(x);
        Rows(y, y.IsAbsent ? 0 : y.Rows, x.Width);
        Integers(indices, y.Rows);
    }
}
