namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>y = a + b.</summary>
    /// <param name="a">F32 [n, width]; rows may have a stride.</param>
    /// <param name="b">F32 [n, width]; rows may have a stride.</param>
    /// <param name="y">F32 [n, width], written; may be a or b.</param>
    void Add(Tensor a, Tensor b, Tensor y);
}

internal static partial class Check
{
    public static void Add(Tensor a, Tensor b, Tensor y)
    {
        Floats(y);
        Like(a, y);
        Like(b, y);
    }
}
