namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// The middle step of a norm alone, with a scale that the caller may have changed: y = (x - m) * (1 / scale), m the
    /// mean of x where centered, else 0. With the norm's own scale the bits are those of its Normalized tap.
    /// </summary>
    /// <param name="x">F32 [n, d].</param>
    /// <param name="scale">F32 [n, 1].</param>
    /// <param name="centered">True for a layer norm.</param>
    /// <param name="y">F32 [n, d], written; may be x.</param>
    void Normalize(Tensor x, Tensor scale, bool centered, Tensor y);
}

internal static partial class Check
{
    public static void Normalize(Tensor x, Tensor scale, Tensor y)
    {
        Floats(x);
        Rows(scale, x.Rows, 1);
        Like(y, x);
    }
}
