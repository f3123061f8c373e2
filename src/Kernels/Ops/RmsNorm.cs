namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Root-mean-square norm over the last dimension: s = sqrt(mean(x^2) + eps), y = (x / s) (gain + gainOffset)
    /// (Zhang and Sennrich 2019). x / s is x * (1 / s).
    /// </summary>
    /// <param name="x">F32 [n, d] or [n, groups, d]; each group is normed by itself.</param>
    /// <param name="gain">F32 [d].</param>
    /// <param name="gainOffset">0, or 1 for Gemma.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="y">F32, x's shape, written; may be x.</param>
    /// <param name="taps">What else to write.</param>
    void RmsNorm(Tensor x, Tensor gain, float gainOffset, float epsilon, Tensor y, in NormTaps taps = default);
}

internal static partial class Check
{
    public static void RmsNorm(Tensor x, Tensor gain, Tensor y, in NormTaps taps)
    {
        Floats(x);
        Vector(gain, x.Shape[x.Shape.Rank - 1]);
        Norm(x, gain, y, taps);
    }

    /// <summary>What both norms want of their operands.</summary>
    private static void Norm(Tensor x, Tensor gain, Tensor y, in NormTaps taps)
    {
        int size = checked((int)gain.Shape.Count);
        That(size > 0, "A norm wants at least one element.");
        Like(y, x);
        if (!taps.Scale.IsAbsent)
        {
            Rows(taps.Scale, x.Rows, x.Width / size);
        }

        if (!taps.Normalized.IsAbsent)
        {
            Like(taps.Normalized, x);
        }

        if (!taps.Sum.IsAbsent)
        {
            Like(taps.Sum, x);
            Like(taps.Residual, x);
        }
    }
}
