using System.Runtime.CompilerServices;

namespace Weir.Kernels.Cpu.Simd;

/// <summary>Functions of float vectors, the same operations in the same order at every width.</summary>
internal static unsafe class SimdMath<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>
    /// e^x to about 1 ulp: x = n ln 2 + r with |r| at most ln(2)/2, ln 2 in two parts (Cody and Waite 1980), and a polynomial
    /// of degree 6 for e^r. Below -87.33 the result is 0, above 88.72 infinity.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        TVector low = TSimd.Create(-87.33654f);
        TVector high = TSimd.Create(88.72283f);
        TVector clamped = TSimd.Min(TSimd.Max(x, low), high);
        TVector n = TSimd.Round(TSimd.Multiply(clamped, TSimd.Create(1.442695041f)));
        // n reaches 128 only beside the upper bound; 2^n is taken as 2 * 2^(n-1).
        TVector r = TSimd.Fma(n, TSimd.Create(-0.693145752f), clamped);
        r = TSimd.Fma(n, TSimd.Create(-1.42860677e-6f), r);
        TVector p = TSimd.Create(1.3888889e-3f);
        p = TSimd.Fma(p, r, TSimd.Create(8.3333333e-3f));
        p = TSimd.Fma(p, r, TSimd.Create(4.1666667e-2f));
        p = TSimd.Fma(p, r, TSimd.Create(1.6666667e-1f));
        p = TSimd.Fma(p, r, TSimd.Create(0.5f));
        p = TSimd.Fma(p, r, TSimd.Create(1f));
        p = TSimd.Fma(p, r, TSimd.Create(1f));
        TVector result = TSimd.Multiply(TSimd.Multiply(p, TSimd.PowerOfTwo(TSimd.Subtract(n, TSimd.Create(1f)))), TSimd.Create(2f));
        result = TSimd.Select(TSimd.LessThan(x, low), TSimd.Zero, result);
        return TSimd.Select(TSimd.LessThan(high, x), TSimd.Create(float.PositiveInfinity), result);
    }

    /// <summary>The first count floats at p, the other lanes filled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadPartial(float* p, int count, float fill = 0)
    {
        float* lanes = stackalloc float[16];
        for (int i = 0; i < TSimd.Count; i++)
        {
            lanes[i] = i < count ? p[i] : fill;
        }

        return TSimd.Load(lanes);
    }

    /// <summary>Stores the first count lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* p, TVector v, int count)
    {
        float* lanes = stackalloc float[16];
        TSimd.Store(lanes, v);
        for (int i = 0; i < count; i++)
        {
            p[i] = lanes[i];
        }
    }
}
