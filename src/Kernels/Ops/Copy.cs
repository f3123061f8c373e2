namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>y = x. The engine's counters count these bytes: a captured site must not cause any.</summary>
    /// <param name="x">F32 [n, width]; rows may have a stride.</param>
    /// <param name="y">F32 [n, width], written; rows may have a stride.</param>
    void Copy(Tensor x, Tensor y);
}

internal static partial class Check
{
    public static void Copy(Tensor x, Tensor y)
    {
        Floats(y);
        Like(x, y);
    }
}
