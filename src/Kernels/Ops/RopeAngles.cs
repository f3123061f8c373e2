namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Cosines and sines of a batch: a = position * frequency in f32, cos = magnitude cos(a), sin = magnitude sin(a).
    /// A position of -1 is no rotation: cos 1, sin 0.
    /// </summary>
    /// <param name="positions">I32 [n].</param>
    /// <param name="frequencies">F32 [pairs], radians per position.</param>
    /// <param name="magnitude">Factor on both (YaRN's attention factor).</param>
    /// <param name="cos">F32 [n, pairs], written.</param>
    /// <param name="sin">F32 [n, pairs], written.</param>
    void RopeAngles(Tensor positions, Tensor frequencies, float magnitude, Tensor cos, Tensor sin);
}

internal static partial class Check
{
    public static void RopeAngles(Tensor positions, Tensor frequencies, Tensor cos, Tensor sin)
    {
        Floats(cos);
        Like(sin, cos);
        Integers(positions, cos.Rows);
        Vector(frequencies, cos.Width);
    }
}
