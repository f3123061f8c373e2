using System.Runtime.CompilerServices;

namespace Weir.Kernels.Cpu.Simd;

/// <summary>Functions of float vectors, the same operations in the same order at every width.</summary>
internal static unsafe class SimdMath<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>
    /// e^x to about 1 ulp: x = n ln 2 + r with |r| at most ln(2)/2, ln 2 in two parts (Cody and Waite 1980), and Cephes'
    /// polynomial of degree 7 for e^r. Where e^x is below the smallest normal number the result is 0; above 88.72 it is
    /// infinity; NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        // Out of range the core is meaningless and not looked at. x + infinity keeps NaN.
        TVector result = ExpInRange(x);
        result = TSimd.Select(TSimd.LessThan(x, TSimd.Create(88.72284f)), result, TSimd.Add(x, TSimd.Create(float.PositiveInfinity)));
        return TSimd.Select(TSimd.LessThan(x, TSimd.Create(-87.33654f)), TSimd.Zero, result);
    }

    /// <summary>
    /// <see cref="Exp"/>, to the bit, of an x that is neither above 0 nor NaN, as a score less the largest: 3 of 18
    /// instructions fewer.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector ExpOfNegative(TVector x) =>
        TSimd.Select(TSimd.LessThan(x, TSimd.Create(-87.33654f)), TSimd.Zero, ExpInRange(x));

    /// <summary>
    /// tanh x to a few ulp: an odd polynomial below 0.625 (Cephes), so that small values keep all their digits, else
    /// 1 - 2 / (e^2x + 1).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh(TVector x)
    {
        TVector magnitude = TSimd.Abs(x);
        TVector z = TSimd.Multiply(x, x);
        TVector p = TSimd.Create(-5.70498872745e-3f);
        p = TSimd.Fma(p, z, TSimd.Create(2.06390887954e-2f));
        p = TSimd.Fma(p, z, TSimd.Create(-5.37397155531e-2f));
        p = TSimd.Fma(p, z, TSimd.Create(1.33314422036e-1f));
        p = TSimd.Fma(p, z, TSimd.Create(-3.33332819422e-1f));
        TVector small = TSimd.Fma(TSimd.Multiply(p, z), x, x);

        TVector one = TSimd.Create(1f);
        TVector e = Exp(TSimd.Add(magnitude, magnitude));
        TVector large = TSimd.Subtract(one, TSimd.Divide(TSimd.Create(2f), TSimd.Add(e, one)));
        large = TSimd.Select(TSimd.LessThan(x, TSimd.Zero), TSimd.Subtract(TSimd.Zero, large), large);
        return TSimd.Select(TSimd.LessThan(magnitude, TSimd.Create(0.625f)), small, large);
    }

    /// <summary>The first count floats at p, the other lanes filled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadPartial(float* p, int count, float fill = 0)
    {
        TVector v = TSimd.LoadPartial(p, count);
        return fill == 0 ? v : TSimd.Select(TSimd.FirstLanes(count), v, TSimd.Create(fill));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ExpInRange(TVector x)
    {
        // Adding 1.5 2^23 rounds to an integer and leaves it in the low bits, ready for the exponent.
        TVector shift = TSimd.Create(12582912f);
        TVector shifted = TSimd.Fma(x, TSimd.Create(1.442695041f), shift);
        TVector n = TSimd.Subtract(shifted, shift);
        TVector r = TSimd.Fma(n, TSimd.Create(-0.693145752f), x);
        r = TSimd.Fma(n, TSimd.Create(-1.42860677e-6f), r);
        TVector p = TSimd.Create(1.9875691500e-4f);
        p = TSimd.Fma(p, r, TSimd.Create(1.3981999507e-3f));
        p = TSimd.Fma(p, r, TSimd.Create(8.3334519073e-3f));
        p = TSimd.Fma(p, r, TSimd.Create(4.1665795894e-2f));
        p = TSimd.Fma(p, r, TSimd.Create(1.6666665459e-1f));
        p = TSimd.Fma(p, r, TSimd.Create(5.0000001201e-1f));
        p = TSimd.Fma(p, r, TSimd.Create(1f));
        p = TSimd.Fma(p, r, TSimd.Create(1f));
        return TSimd.AddExponent(p, shifted);
    }
}
