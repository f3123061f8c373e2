namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Layer norm over the last dimension: m = mean(x), s = sqrt(mean((x - m)^2) + eps), y = ((x - m) / s) gain + bias
    /// (Ba et al. 2016). (x - m) / s is (x - m) * (1 / s).
    /// </summary>
    /// <param name="x">F32 [n, d].</param>
    /// <param name="gain">F32 [d].</param>
    /// <param name="bias">F32 [d], or absent.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="y">F32 [n, d], written; may be x.</param>
    /// <param name="taps">What else to write.</param>
    void LayerNorm(Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, in NormTaps taps = default);
}

internal static partial class Check
{
    public static void LayerNorm(Tensor x, Tensor gain, Tensor bias, Tensor y, in NormTaps taps)
    {
        Floats(x);
        Vector(gain, x.Width);
        if (!bias.IsAbsent)
        {
            Vector(bias, x.Width);
        }

        Norm(x, gain, y, taps);
    }
}
