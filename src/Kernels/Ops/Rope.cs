namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Rotary position embedding in rotate-half layout (Su et al. 2021): with D = 2 pairs, for i below pairs,
    /// y[i] = x[i] cos - x[i + pairs] sin and y[i + pairs] = x[i + pairs] cos + x[i] sin; dimensions from D on are copied.
    /// </summary>
    /// <param name="x">F32 [n, heads, size]; rows may have a stride.</param>
    /// <param name="cos">F32 [n, pairs].</param>
    /// <param name="sin">F32 [n, pairs].</param>
    /// <param name="y">F32 [n, heads, size], written; may be x.</param>
    void Rope(Tensor x, Tensor cos, Tensor sin, Tensor y);
}

internal static partial class Check
{
    public static void Rope(Tensor x, Tensor cos, Tensor sin, Tensor y)
    {
        Floats(x);
        That(x.Shape.Rank == 3, "Rotary embedding wants [rows, heads, size].");
        Rows(cos, x.Rows, cos.IsAbsent ? 0 : cos.Width);
        Like(sin, cos);
        Like(y, x);
        That(2 * cos.Width <= x.Shape[2], "There are more rotary pairs than a head has room for.");
    }
}
