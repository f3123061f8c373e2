using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>From products to logits: + bias, c tanh(x / c), / temperature, with the bits of the separate ops.</summary>
internal static unsafe class LensLogits<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>Changes rows of 32 sums, whose first <paramref name="columns"/> are logits; the others become -infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Finish(float* rows, int count, float* bias, float softcap, float temperature, int columns)
    {
        float* lanes = stackalloc float[TileKernel.Width];
        new Span<float>(lanes, TileKernel.Width).Clear();
        if (bias != null)
        {
            new ReadOnlySpan<float>(bias, columns).CopyTo(new Span<float>(lanes, columns));
        }

        for (; count > 0; count--, rows += TileKernel.Width)
        {
            for (int j = 0; j < TileKernel.Width; j += TSimd.Count)
            {
                TVector z = TSimd.Load(rows + j);
                TSimd.Store(rows + j, Scale(bias == null ? z : TSimd.Add(z, TSimd.Load(lanes + j)), softcap, temperature));
            }

            if (columns < TileKernel.Width)
            {
                new Span<float>(rows + columns, TileKernel.Width - columns).Fill(float.NegativeInfinity);
            }
        }
    }

    /// <summary>Cap and temperature of logits that have their bias; count is a multiple of a vector's lanes.</summary>
    public static void Scale(float* logits, int count, float softcap, float temperature)
    {
        for (int j = 0; j < count; j += TSimd.Count)
        {
            TSimd.Store(logits + j, Scale(TSimd.Load(logits + j), softcap, temperature));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Scale(TVector z, float softcap, float temperature)
    {
        if (softcap != 0)
        {
            TVector limit = TSimd.Create(softcap);
            z = TSimd.Multiply(limit, SimdMath<TSimd, TVector>.Tanh(TSimd.Divide(z, limit)));
        }

        return temperature == 1 ? z : TSimd.Divide(z, TSimd.Create(temperature));
    }
}
