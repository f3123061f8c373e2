namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>y = cap tanh(x / cap) (Gemma 2).</summary>
    /// <param name="x">F32 [n, width].</param>
    /// <param name="cap">Above 0.</param>
    /// <param name="y">F32 [n, width], written; may be x.</param>
    void Softcap(Tensor x, float cap, Tensor y);
}

internal static partial class Check
{
    public static void Softcap(Tensor x, float cap, Tensor y)
    {
        That(cap > 0, "A softcap must be above 0.");
        Floats(y);
        Like(x, y);
    }
}
