namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>The last step of a norm alone: y = x (gain + gainOffset) + bias, with the norm's own bits.</summary>
    /// <param name="x">F32 [n, d].</param>
    /// <param name="gain">F32 [d].</param>
    /// <param name="gainOffset">0, or 1 for Gemma.</param>
    /// <param name="bias">F32 [d], or absent.</param>
    /// <param name="y">F32 [n, d], written; may be x.</param>
    void Affine(Tensor x, Tensor gain, float gainOffset, Tensor bias, Tensor y);
}

internal static partial class Check
{
    public static void Affine(Tensor x, Tensor gain, Tensor bias, Tensor y)
    {
        Floats(x);
        Vector(gain, x.Width);
        if (!bias.IsAbsent)
        {
            Vector(bias, x.Width);
        }

        Like(y, x);
    }
}
