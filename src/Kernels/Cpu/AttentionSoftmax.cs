using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// Rows of a strip from products to weights. A row lies in blocks of 32 keys, a step apart. Sums run lane by lane over
/// whole blocks aligned at key 0, with exact zeros for masked keys: a row's bits depend on its keys alone, not on the
/// strip or the window's place in it.
/// </summary>
internal static unsafe class AttentionSoftmax<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private const int Block = CpuKeyValueStore.Block;

    private static ReadOnlySpan<float> Lanes =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    ];

    /// <summary>Scales and caps the row's products for keys from .. to - 1, masks the others of their blocks; the largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Score(float* row, long step, int from, int to, float scale, float cap)
    {
        float* lanes = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Lanes));
        TVector scales = TSimd.Create(scale);
        TVector caps = TSimd.Create(cap);
        TVector masked = TSimd.Create(float.NegativeInfinity);
        TVector most = masked;
        for (int b = from / Block; b * Block < to; b++)
        {
            float* x = row + (b * step);
            int low = from - (b * Block), high = to - (b * Block);
            bool whole = low <= 0 && high >= Block;
            for (int j = 0; j < Block; j += TSimd.Count)
            {
                TVector s = TSimd.Multiply(TSimd.Load(x + j), scales);
                if (cap != 0)
                {
                    s = TSimd.Multiply(caps, SimdMath<TSimd, TVector>.Tanh(TSimd.Divide(s, caps)));
                }

                if (!whole)
                {
                    TVector lane = TSimd.Load(lanes + j);
                    s = TSimd.Select(TSimd.LessThan(lane, TSimd.Create(high)), s, masked);
                    s = TSimd.Select(TSimd.LessThan(lane, TSimd.Create(low)), masked, s);
                }

                TSimd.Store(x + j, s);
                most = TSimd.Max(most, s);
            }
        }

        return TSimd.MaxLane(most);
    }

    /// <summary>
    /// Makes the masked scores of a row weights that sum to 1. A row whose scores are all -infinity (a caller cut all of
    /// its keys) gets weights of 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(float* row, long step, int from, int to, float most)
    {
        bool nothing = float.IsNegativeInfinity(most);
        TVector shift = TSimd.Create(nothing ? 0 : most);
        TVector even = TSimd.Zero, odd = TSimd.Zero;
        for (int b = from / Block; b * Block < to; b++)
        {
            float* x = row + (b * step);
            for (int j = 0; j < Block; j += 2 * TSimd.Count)
            {
                TVector e = SimdMath<TSimd, TVector>.Exp(TSimd.Subtract(TSimd.Load(x + j), shift));
                TVector f = SimdMath<TSimd, TVector>.Exp(TSimd.Subtract(TSimd.Load(x + j + TSimd.Count), shift));
                TSimd.Store(x + j, e);
                TSimd.Store(x + j + TSimd.Count, f);
                even = TSimd.Add(even, e);
                odd = TSimd.Add(odd, f);
            }
        }

        TVector factor = TSimd.Create(nothing ? 0 : 1 / TSimd.Sum(TSimd.Add(even, odd)));
        for (int b = from / Block; b * Block < to; b++)
        {
            float* x = row + (b * step);
            for (int j = 0; j < Block; j += TSimd.Count)
            {
                TSimd.Store(x + j, TSimd.Multiply(TSimd.Load(x + j), factor));
            }
        }
    }

    /// <summary>Writes a row of a strip as a row of a map of so many keys; the masked ones get a value of their own.</summary>
    public static void WriteMap(float* row, long step, int origin, int from, int to, float* map, int keys, float masked)
    {
        new Span<float>(map, from).Fill(masked);
        for (int k = from; k < to;)
        {
            int end = Math.Min(to, (k | (Block - 1)) + 1);
            float* x = row + ((k - origin) / Block * step) + (k % Block);
            new ReadOnlySpan<float>(x, end - k).CopyTo(new Span<float>(map + k, end - k));
            k = end;
        }

        new Span<float>(map + to, keys - to).Fill(masked);
    }

    /// <summary>Reads the visible keys of a map's row into a row of a strip.</summary>
    public static void ReadMap(float* map, int origin, int from, int to, float* row, long step)
    {
        for (int k = from; k < to;)
        {
            int end = Math.Min(to, (k | (Block - 1)) + 1);
            float* x = row + ((k - origin) / Block * step) + (k % Block);
            new ReadOnlySpan<float>(map + k, end - k).CopyTo(new Span<float>(x, end - k));
            k = end;
        }
    }
}
