using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Weir.Kernels.Cpu.Simd;

/// <summary>Sums in f64 over f32 rows, in one order on every processor: 8 lanes side by side, then the rest.</summary>
internal static unsafe class F64
{
    /// <summary>a . b; every product is exact.</summary>
    public static double Dot(float* a, float* b, int n)
    {
        Vector256<double> low = Vector256<double>.Zero;
        Vector256<double> high = low;
        int i = 0;
        for (; i <= n - 8; i += 8)
        {
            (Vector256<double> aLow, Vector256<double> aHigh) = Load(a + i);
            (Vector256<double> bLow, Vector256<double> bHigh) = Load(b + i);
            low = Vector256.FusedMultiplyAdd(aLow, bLow, low);
            high = Vector256.FusedMultiplyAdd(aHigh, bHigh, high);
        }

        double sum = Sum(low, high);
        for (; i < n; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }

    /// <summary>8 floats, widened.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<double> Low, Vector256<double> High) Load(float* p) => Vector256.Widen(Vector256.Load(p));

    /// <summary>Sum of 8 lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Vector256<double> low, Vector256<double> high)
    {
        Vector256<double> v = low + high;
        return (v[0] + v[1]) + (v[2] + v[3]);
    }
}
