using System.Runtime.Intrinsics;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Tests;

/// <summary>The functions that the CPU bodies share, against f64, at every width.</summary>
public sealed unsafe class SimdMathTests
{
    private static readonly float[] Ends =
    [
        0f, -0f, float.Epsilon, 1e-30f, -1e-30f, 0.625f, -0.625f, 87.3f, -87.3f, -87.33654f, -87.33655f, -87f, -88f, 88.7228f, 88.72283f,
        88.72284f, 89f, 104f, -104f, 1000f, -1000f, 1e20f, -1e20f, float.MaxValue, float.MinValue, float.PositiveInfinity,
        float.NaN, BitConverter.Int32BitsToSingle(0x7fc001ff), BitConverter.Int32BitsToSingle(unchecked((int)0xffc0ffff)),
    ];

    public static TheoryData<int> Widths() => [128, 256, 512];

    [Theory]
    [MemberData(nameof(Widths))]
    public void ExpIsWithinTwoUlp(int bits)
    {
        float[] x = [.. Sweep(-100, 100), .. Ends, float.NegativeInfinity];
        double[] expected = Array.ConvertAll(x, v => Math.Exp(v) is var e && e < 1.1754943508222875e-38 ? 0 : e > float.MaxValue ? double.PositiveInfinity : e);
        Oracle.Within(expected, Run(bits, Function.Exp, x), 1.2e-38, 1.6e-7, "exp");
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void TanhKeepsTheDigitsOfSmallValues(int bits)
    {
        float[] x = [.. Sweep(-12, 12), .. Ends, float.NegativeInfinity];
        Oracle.Within(Array.ConvertAll(x, v => Math.Tanh(v)), Run(bits, Function.Tanh, x), 1.2e-38, 2.5e-7, "tanh");
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void ActivationsAreWithinTheirBound(int bits)
    {
        float[] x = [.. Sweep(-100, 100), .. Ends];
        foreach (Activation a in Enum.GetValues<Activation>())
        {
            Function f = a switch
            {
                Activation.GeluTanh => Function.GeluTanh,
                Activation.GeluErf => Function.GeluErf,
                Activation.Relu => Function.Relu,
                _ => Function.Silu,
            };
            Oracle.Within(Array.ConvertAll(x, v => Reference.Activate(a, v)), Run(bits, f, x), 1e-7, 1.5e-7, a.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void PartialLoadsAndStoresTouchTheirLanesOnly(int bits)
    {
        switch (Require(bits))
        {
            case 512: Partial<Simd512, Vector512<float>>(); break;
            case 256: Partial<Simd256, Vector256<float>>(); break;
            default: Partial<Simd128, Vector128<float>>(); break;
        }
    }

    private static void Partial<TSimd, TVector>()
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float* from = stackalloc float[16];
        float* to = stackalloc float[16];
        for (int count = 0; count <= TSimd.Count; count++)
        {
            for (int i = 0; i < 16; i++)
            {
                from[i] = i + 1;
                to[i] = -1;
            }

            TSimd.Store(to, SimdMath<TSimd, TVector>.LoadPartial(from, count, 7));
            for (int i = 0; i < TSimd.Count; i++)
            {
                Assert.Equal(i < count ? i + 1 : 7, to[i]);
            }

            TSimd.Store(to, TSimd.LoadPartial(from, count));
            for (int i = 0; i < TSimd.Count; i++)
            {
                Assert.Equal(i < count ? i + 1 : 0, to[i]);
                to[i] = -1;
            }

            TSimd.StorePartial(to, TSimd.Create(3), count);
            for (int i = 0; i < 16; i++)
            {
                Assert.Equal(i < count ? 3 : -1, to[i]);
            }
        }
    }

    private enum Function
    {
        Exp,
        Tanh,
        GeluTanh,
        GeluErf,
        Relu,
        Silu,
    }

    /// <summary>Values close together around zero and evenly over a range.</summary>
    private static IEnumerable<float> Sweep(double low, double high)
    {
        const int Steps = 200_003;
        for (int i = 0; i <= Steps; i++)
        {
            yield return (float)(low + ((high - low) * i / Steps));
        }

        for (int bits = 0x00800000; bits < 0x42c80000; bits += 9973)
        {
            float v = BitConverter.Int32BitsToSingle(bits);
            yield return v;
            yield return -v;
        }
    }

    private static int Require(int bits)
    {
        Assert.SkipUnless(CpuDevice.VectorWidths.Contains(bits), $"This processor has no {bits}-bit vectors.");
        return bits;
    }

    private static float[] Run(int bits, Function f, float[] x) => Require(bits) switch
    {
        512 => Map<Simd512, Vector512<float>>(f, x),
        256 => Map<Simd256, Vector256<float>>(f, x),
        _ => Map<Simd128, Vector128<float>>(f, x),
    };

    private static float[] Map<TSimd, TVector>(Function f, float[] x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float[] y = new float[x.Length];
        fixed (float* from = x, to = y)
        {
            for (int i = 0; i < x.Length; i += TSimd.Count)
            {
                int count = Math.Min(TSimd.Count, x.Length - i);
                TVector v = TSimd.LoadPartial(from + i, count);
                v = f switch
                {
                    Function.Exp => SimdMath<TSimd, TVector>.Exp(v),
                    Function.Tanh => SimdMath<TSimd, TVector>.Tanh(v),
                    Function.GeluTanh => ActivationMath<TSimd, TVector>.Apply(Activation.GeluTanh, v),
                    Function.GeluErf => ActivationMath<TSimd, TVector>.Apply(Activation.GeluErf, v),
                    Function.Relu => ActivationMath<TSimd, TVector>.Apply(Activation.Relu, v),
                    _ => ActivationMath<TSimd, TVector>.Apply(Activation.Silu, v),
                };
                TSimd.StorePartial(to + i, v, count);
            }
        }

        return y;
    }
}
