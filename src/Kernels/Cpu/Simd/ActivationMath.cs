using System.Runtime.CompilerServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu.Simd;

/// <summary>
/// The activations of <see cref="Activation"/>, one source for the op and for products that fuse it, so that both give
/// the same bits. Errors against f64 are about 1e-7 times max(1, |x|). NaN stays NaN.
/// </summary>
internal static class ActivationMath<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>f(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply(Activation a, TVector x) => a switch
    {
        Activation.GeluTanh => GeluTanh(x),
        Activation.GeluErf => GeluErf(x),
        Activation.Silu => Silu(x),
        _ => TSimd.Max(x, TSimd.Zero),
    };

    /// <summary>x / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Silu(TVector x) => TimesLogistic(x, x);

    /// <summary>(1 + tanh u) / 2 = 1 / (1 + e^-2u), which does not cancel on the left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector GeluTanh(TVector x)
    {
        // 2 sqrt(2/pi) (x + 0.044715 x^3)
        TVector slope = TSimd.Fma(TSimd.Multiply(x, x), TSimd.Create(0.071354814f), TSimd.Create(1.5957691f));
        return TimesLogistic(x, TSimd.Multiply(x, slope));
    }

    /// <summary>
    /// With t = |x| / sqrt 2: below 0.9277 a polynomial for erf, above it erfc t = e^q(t) (N. Juffa's fit), taken from 2
    /// on the right and as it is on the left, where 1 + erf would cancel.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector GeluErf(TVector x)
    {
        TVector a = TSimd.Multiply(x, TSimd.Create(0.70710678f));
        TVector t = TSimd.Abs(a);
        TVector s = TSimd.Multiply(a, a);

        TVector r = TSimd.Create(-5.96761703e-4f);
        r = TSimd.Fma(r, s, TSimd.Create(4.99119423e-3f));
        r = TSimd.Fma(r, s, TSimd.Create(-2.67681349e-2f));
        r = TSimd.Fma(r, s, TSimd.Create(1.12819925e-1f));
        r = TSimd.Fma(r, s, TSimd.Create(-3.76125336e-1f));
        r = TSimd.Fma(r, s, TSimd.Create(1.28379166e-1f));
        TVector near = TSimd.Add(TSimd.Create(1f), TSimd.Fma(r, a, a));

        TVector q = TSimd.Fma(TSimd.Create(-1.72853470e-5f), t, TSimd.Create(3.83197126e-4f));
        TVector u = TSimd.Fma(TSimd.Create(-3.88396438e-3f), t, TSimd.Create(2.42546219e-2f));
        q = TSimd.Fma(q, s, u);
        q = TSimd.Fma(q, t, TSimd.Create(-1.06777877e-1f));
        q = TSimd.Fma(q, t, TSimd.Create(-6.34846687e-1f));
        q = TSimd.Fma(q, t, TSimd.Create(-1.28717512e-1f));
        q = TSimd.Subtract(TSimd.Multiply(q, t), t);
        TVector tail = SimdMath<TSimd, TVector>.Exp(q);
        TVector far = TSimd.Select(TSimd.LessThan(a, TSimd.Zero), tail, TSimd.Subtract(TSimd.Create(2f), tail));

        TVector both = TSimd.Select(TSimd.LessThan(t, TSimd.Create(0.927734375f)), near, far);
        return TSimd.Multiply(TSimd.Multiply(x, TSimd.Create(0.5f)), both);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector TimesLogistic(TVector x, TVector u)
    {
        TVector e = SimdMath<TSimd, TVector>.Exp(TSimd.Subtract(TSimd.Zero, u));
        return TSimd.Divide(x, TSimd.Add(TSimd.Create(1f), e));
    }
}
