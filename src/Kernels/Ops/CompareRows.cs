namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Row statistics of two states, from which relative change, cosine and norms follow:
    /// s = (|a|^2, |b|^2, a . b, |a - b|^2), each summed in f64 in a fixed order.
    /// </summary>
    /// <param name="a">F32 [n, width]; rows may have a stride.</param>
    /// <param name="b">F32 [n, width]; rows may have a stride.</param>
    /// <param name="statistics">F32 [n, 4], written.</param>
    void CompareRows(Tensor a, Tensor b, Tensor statistics);
}

internal static partial class Check
{
    public static void CompareRows(Tensor a, Tensor b, Tensor statistics)
    {
        Floats(a);
        Like(b, a);
        Rows(statistics, a.Rows, 4);
    }
}
