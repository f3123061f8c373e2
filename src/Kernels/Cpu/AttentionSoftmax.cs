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

    /// <summary>Replaces the row's scores, the largest of which is given, by their exponentials; 1 over the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentials(float* row, long step, int from, int to, float most)
    {
        if (!float.IsFinite(most))
        {
            return Degenerate(row, step, from, to, most);
        }

        TVector shift = TSimd.Create(most);
        TVector even = TSimd.Zero, odd = TSimd.Zero;
        for (int b = from / Block; b * Block < to; b++)
        {
            float* x = row + (b * step);
            for (int j = 0; j < Block; j += 2 * TSimd.Count)
            {
                TVector e = SimdMath<TSimd, TVector>.ExpOfNegative(TSimd.Subtract(TSimd.Load(x + j), shift));
                TVector f = SimdMath<TSimd, TVector>.ExpOfNegative(TSimd.Subtract(TSimd.Load(x + j + TSimd.Count), shift));
                TSimd.Store(x + j, e);
                TSimd.Store(x + j + TSimd.Count, f);
                even = TSimd.Add(even, e);
                odd = TSimd.Add(odd, f);
            }
        }

        return 1 / TSimd.Sum(TSimd.Add(even, odd));
    }

    /// <summary>Scales the exponentials to weights that sum to 1, and clears the strip's blocks that the row does not see.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(float* row, long step, int from, int to, int blocks, float factor)
    {
        TVector factors = TSimd.Create(factor);
        int b = from / Block;
        Clear(row, step, 0, b);
        for (; b * Block < to; b++)
        {
            float* x = row + (b * step);
            for (int j = 0; j < Block; j += TSimd.Count)
            {
                TSimd.Store(x + j, TSimd.Multiply(TSimd.Load(x + j), factors));
            }
        }

        Clear(row, step, b, blocks);
    }

    /// <summary>Sets blocks of a row to 0.</summary>
    public static void Clear(float* row, long step, int first, int end)
    {
        for (int b = first; b < end; b++)
        {
            new Span<float>(row + (b * step), Block).Clear();
        }
    }

    /// <summary>Writes a row of a strip as a row of a map of so many keys; the masked ones get a value of their own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WriteMap(float* row, long step, int origin, int from, int to, float* map, int keys, float masked)
    {
        new Span<float>(map, from).Fill(masked);
        for (int k = from; k < to;)
        {
            int count = Math.Min(to, (k | (Block - 1)) + 1) - k;
            CopyBlock(row + ((k - origin) / Block * step) + (k % Block), map + k, count);
            k += count;
        }

        new Span<float>(map + to, keys - to).Fill(masked);
    }

    /// <summary>Reads the visible keys of a map's row into a row of a strip; the other keys of the strip get 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadMap(float* map, int origin, int from, int to, float* row, long step, int blocks)
    {
        Clear(row, step, 0, (from - origin) / Block + 1);
        Clear(row, step, (to - 1 - origin) / Block, blocks);
        for (int k = from; k < to;)
        {
            int count = Math.Min(to, (k | (Block - 1)) + 1) - k;
            CopyBlock(map + k, row + ((k - origin) / Block * step) + (k % Block), count);
            k += count;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyBlock(float* from, float* to, int count)
    {
        if (count < Block)
        {
            new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));
            return;
        }

        for (int j = 0; j < Block; j += TSimd.Count)
        {
            TSimd.Store(to + j, TSimd.Load(from + j));
        }
    }

    /// <summary>
    /// Rows whose scores are all -infinity (a caller cut all of their keys) get weights of 0; where the largest is NaN or
    /// infinity there is no softmax, and all is NaN.
    /// </summary>
    private static float Degenerate(float* row, long step, int from, int to, float most)
    {
        for (int b = from / Block; b * Block < to; b++)
        {
            new Span<float>(row + (b * step), Block).Fill(float.IsNegativeInfinity(most) ? 0 : float.NaN);
        }

        return 1;
    }
}
