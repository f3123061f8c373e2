using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// Products of attention weights and values: acc[r, :] += sum over keys of p[r, key] v[key, :], one chain of fused
/// multiply-adds an element, keys in order. Weights come as a strip: blocks of 32 keys, [block, row, 32], so that a
/// row's weight stands at a constant distance from the tile's first and no packing is needed between softmax and product.
/// </summary>
internal static unsafe class AttentionTile<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private const int Block = CpuKeyValueStore.Block;

    /// <summary>Rows that a strip of so many rows has memory for: those of the tile that will run over it.</summary>
    public static int Pad(int rows) => rows == 1 ? 1 : rows <= 6 ? 6 : TSimd.TileRows;

    /// <summary>All rows of a padded strip over keys that each of them sees.</summary>
    /// <param name="rows">Padded rows.</param>
    /// <param name="p">The strip.</param>
    /// <param name="from">First key.</param>
    /// <param name="to">Key after the last.</param>
    /// <param name="v">Value of key 0.</param>
    /// <param name="vStride">Floats from value to value.</param>
    /// <param name="acc">Rows of vStride floats.</param>
    /// <param name="size">Head size.</param>
    public static void Mix(int rows, float* p, int from, int to, float* v, int vStride, float* acc, int size)
    {
        if (rows == 1)
        {
            MixRow(p, Block, from, to, v, vStride, acc, size);
            return;
        }

        for (int c = 0; c < size; c += 2 * TSimd.Count)
        {
            if (rows == 6)
            {
                Mix6(p, from, to, v + c, vStride, acc + c);
            }
            else
            {
                Mix14(p, from, to, v + c, vStride, acc + c);
            }
        }
    }

    /// <summary>Whether all values of keys from .. to - 1 are numbers and finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool AreFinite(float* v, int vStride, int from, int to)
    {
        TVector even = TSimd.Zero, odd = TSimd.Zero;
        float* last = v + ((long)to * vStride);
        for (float* x = v + ((long)from * vStride); x < last; x += 2 * TSimd.Count)
        {
            even = TSimd.Fma(TSimd.Load(x), TSimd.Zero, even);
            odd = TSimd.Fma(TSimd.Load(x + TSimd.Count), TSimd.Zero, odd);
        }

        return TSimd.Sum(TSimd.Add(even, odd)) == 0;
    }

    /// <summary>
    /// Writes a finished row. Adding 0 makes -0 (a sum whose terms all underflowed) 0: the one bit in which weights of 0
    /// for unseen keys could be told from a chain without them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Store(float* acc, float* z, int size)
    {
        int c = 0;
        for (; c + TSimd.Count <= size; c += TSimd.Count)
        {
            TSimd.Store(z + c, TSimd.Add(TSimd.Load(acc + c), TSimd.Zero));
        }

        TSimd.StorePartial(z + c, TSimd.Add(TSimd.Load(acc + c), TSimd.Zero), size - c);
    }

    /// <summary>One row of a strip; step is the distance of its blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MixRow(float* p, long step, int from, int to, float* v, int vStride, float* acc, int size)
    {
        int c = 0;
        for (; c + (2 * TSimd.Count) < size && c + (4 * TSimd.Count) <= vStride; c += 4 * TSimd.Count)
        {
            float* to4 = acc + c;
            TVector c0 = TSimd.Load(to4);
            TVector c1 = TSimd.Load(to4 + TSimd.Count);
            TVector c2 = TSimd.Load(to4 + (2 * TSimd.Count));
            TVector c3 = TSimd.Load(to4 + (3 * TSimd.Count));
            for (int k = from; k < to;)
            {
                int end = Math.Min(to, (k | (Block - 1)) + 1);
                float* x = p + (k / Block * step) - (k & ~(Block - 1));
                float* y = v + ((long)k * vStride) + c;
                for (; k < end; k++, y += vStride)
                {
                    TVector w = TSimd.Create(x[k]);
                    c0 = TSimd.Fma(w, TSimd.Load(y), c0);
                    c1 = TSimd.Fma(w, TSimd.Load(y + TSimd.Count), c1);
                    c2 = TSimd.Fma(w, TSimd.Load(y + (2 * TSimd.Count)), c2);
                    c3 = TSimd.Fma(w, TSimd.Load(y + (3 * TSimd.Count)), c3);
                }
            }

            TSimd.Store(to4, c0);
            TSimd.Store(to4 + TSimd.Count, c1);
            TSimd.Store(to4 + (2 * TSimd.Count), c2);
            TSimd.Store(to4 + (3 * TSimd.Count), c3);
        }

        for (; c < size; c += 2 * TSimd.Count)
        {
            float* to2 = acc + c;
            TVector c0 = TSimd.Load(to2);
            TVector c1 = TSimd.Load(to2 + TSimd.Count);
            for (int k = from; k < to;)
            {
                int end = Math.Min(to, (k | (Block - 1)) + 1);
                float* x = p + (k / Block * step) - (k & ~(Block - 1));
                float* y = v + ((long)k * vStride) + c;
                for (; k < end; k++, y += vStride)
                {
                    TVector w = TSimd.Create(x[k]);
                    c0 = TSimd.Fma(w, TSimd.Load(y), c0);
                    c1 = TSimd.Fma(w, TSimd.Load(y + TSimd.Count), c1);
                }
            }

            TSimd.Store(to2, c0);
            TSimd.Store(to2 + TSimd.Count, c1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix14(float* p, int from, int to, float* v, int vStride, float* acc)
    {
        const int Step = 14 * Block;
        TVector a0 = TSimd.Load(acc), b0 = TSimd.Load(acc + TSimd.Count);
        TVector a1 = TSimd.Load(acc + vStride), b1 = TSimd.Load(acc + vStride + TSimd.Count);
        TVector a2 = TSimd.Load(acc + (2 * vStride)), b2 = TSimd.Load(acc + (2 * vStride) + TSimd.Count);
        TVector a3 = TSimd.Load(acc + (3 * vStride)), b3 = TSimd.Load(acc + (3 * vStride) + TSimd.Count);
        TVector a4 = TSimd.Load(acc + (4 * vStride)), b4 = TSimd.Load(acc + (4 * vStride) + TSimd.Count);
        TVector a5 = TSimd.Load(acc + (5 * vStride)), b5 = TSimd.Load(acc + (5 * vStride) + TSimd.Count);
        TVector a6 = TSimd.Load(acc + (6 * vStride)), b6 = TSimd.Load(acc + (6 * vStride) + TSimd.Count);
        TVector a7 = TSimd.Load(acc + (7 * vStride)), b7 = TSimd.Load(acc + (7 * vStride) + TSimd.Count);
        TVector a8 = TSimd.Load(acc + (8 * vStride)), b8 = TSimd.Load(acc + (8 * vStride) + TSimd.Count);
        TVector a9 = TSimd.Load(acc + (9 * vStride)), b9 = TSimd.Load(acc + (9 * vStride) + TSimd.Count);
        TVector a10 = TSimd.Load(acc + (10 * vStride)), b10 = TSimd.Load(acc + (10 * vStride) + TSimd.Count);
        TVector a11 = TSimd.Load(acc + (11 * vStride)), b11 = TSimd.Load(acc + (11 * vStride) + TSimd.Count);
        TVector a12 = TSimd.Load(acc + (12 * vStride)), b12 = TSimd.Load(acc + (12 * vStride) + TSimd.Count);
        TVector a13 = TSimd.Load(acc + (13 * vStride)), b13 = TSimd.Load(acc + (13 * vStride) + TSimd.Count);
        for (int k = from; k < to;)
        {
            int end = Math.Min(to, (k | (Block - 1)) + 1);
            float* x = p + ((long)(k / Block) * Step) + (k % Block);
            float* y = v + ((long)k * vStride);
            for (; k < end; k++, x++, y += vStride)
            {
                TVector u = TSimd.Load(y), w = TSimd.Load(y + TSimd.Count);
                TVector s = TSimd.Create(x[0]);
                a0 = TSimd.Fma(s, u, a0);
                b0 = TSimd.Fma(s, w, b0);
                s = TSimd.Create(x[1 * Block]);
                a1 = TSimd.Fma(s, u, a1);
                b1 = TSimd.Fma(s, w, b1);
                s = TSimd.Create(x[2 * Block]);
                a2 = TSimd.Fma(s, u, a2);
                b2 = TSimd.Fma(s, w, b2);
                s = TSimd.Create(x[3 * Block]);
                a3 = TSimd.Fma(s, u, a3);
                b3 = TSimd.Fma(s, w, b3);
                s = TSimd.Create(x[4 * Block]);
                a4 = TSimd.Fma(s, u, a4);
                b4 = TSimd.Fma(s, w, b4);
                s = TSimd.Create(x[5 * Block]);
                a5 = TSimd.Fma(s, u, a5);
                b5 = TSimd.Fma(s, w, b5);
                s = TSimd.Create(x[6 * Block]);
                a6 = TSimd.Fma(s, u, a6);
                b6 = TSimd.Fma(s, w, b6);
                s = TSimd.Create(x[7 * Block]);
                a7 = TSimd.Fma(s, u, a7);
                b7 = TSimd.Fma(s, w, b7);
                s = TSimd.Create(x[8 * Block]);
                a8 = TSimd.Fma(s, u, a8);
                b8 = TSimd.Fma(s, w, b8);
                s = TSimd.Create(x[9 * Block]);
                a9 = TSimd.Fma(s, u, a9);
                b9 = TSimd.Fma(s, w, b9);
                s = TSimd.Create(x[10 * Block]);
                a10 = TSimd.Fma(s, u, a10);
                b10 = TSimd.Fma(s, w, b10);
                s = TSimd.Create(x[11 * Block]);
                a11 = TSimd.Fma(s, u, a11);
                b11 = TSimd.Fma(s, w, b11);
                s = TSimd.Create(x[12 * Block]);
                a12 = TSimd.Fma(s, u, a12);
                b12 = TSimd.Fma(s, w, b12);
                s = TSimd.Create(x[13 * Block]);
                a13 = TSimd.Fma(s, u, a13);
                b13 = TSimd.Fma(s, w, b13);
            }
        }

        TSimd.Store(acc, a0);
        TSimd.Store(acc + TSimd.Count, b0);
        TSimd.Store(acc + vStride, a1);
        TSimd.Store(acc + vStride + TSimd.Count, b1);
        TSimd.Store(acc + (2 * vStride), a2);
        TSimd.Store(acc + (2 * vStride) + TSimd.Count, b2);
        TSimd.Store(acc + (3 * vStride), a3);
        TSimd.Store(acc + (3 * vStride) + TSimd.Count, b3);
        TSimd.Store(acc + (4 * vStride), a4);
        TSimd.Store(acc + (4 * vStride) + TSimd.Count, b4);
        TSimd.Store(acc + (5 * vStride), a5);
        TSimd.Store(acc + (5 * vStride) + TSimd.Count, b5);
        TSimd.Store(acc + (6 * vStride), a6);
        TSimd.Store(acc + (6 * vStride) + TSimd.Count, b6);
        TSimd.Store(acc + (7 * vStride), a7);
        TSimd.Store(acc + (7 * vStride) + TSimd.Count, b7);
        TSimd.Store(acc + (8 * vStride), a8);
        TSimd.Store(acc + (8 * vStride) + TSimd.Count, b8);
        TSimd.Store(acc + (9 * vStride), a9);
        TSimd.Store(acc + (9 * vStride) + TSimd.Count, b9);
        TSimd.Store(acc + (10 * vStride), a10);
        TSimd.Store(acc + (10 * vStride) + TSimd.Count, b10);
        TSimd.Store(acc + (11 * vStride), a11);
        TSimd.Store(acc + (11 * vStride) + TSimd.Count, b11);
        TSimd.Store(acc + (12 * vStride), a12);
        TSimd.Store(acc + (12 * vStride) + TSimd.Count, b12);
        TSimd.Store(acc + (13 * vStride), a13);
        TSimd.Store(acc + (13 * vStride) + TSimd.Count, b13);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix6(float* p, int from, int to, float* v, int vStride, float* acc)
    {
        const int Step = 6 * Block;
        TVector a0 = TSimd.Load(acc), b0 = TSimd.Load(acc + TSimd.Count);
        TVector a1 = TSimd.Load(acc + vStride), b1 = TSimd.Load(acc + vStride + TSimd.Count);
        TVector a2 = TSimd.Load(acc + (2 * vStride)), b2 = TSimd.Load(acc + (2 * vStride) + TSimd.Count);
        TVector a3 = TSimd.Load(acc + (3 * vStride)), b3 = TSimd.Load(acc + (3 * vStride) + TSimd.Count);
        TVector a4 = TSimd.Load(acc + (4 * vStride)), b4 = TSimd.Load(acc + (4 * vStride) + TSimd.Count);
        TVector a5 = TSimd.Load(acc + (5 * vStride)), b5 = TSimd.Load(acc + (5 * vStride) + TSimd.Count);
        for (int k = from; k < to;)
        {
            int end = Math.Min(to, (k | (Block - 1)) + 1);
            float* x = p + ((long)(k / Block) * Step) + (k % Block);
            float* y = v + ((long)k * vStride);
            for (; k < end; k++, x++, y += vStride)
            {
                TVector u = TSimd.Load(y), w = TSimd.Load(y + TSimd.Count);
                TVector s = TSimd.Create(x[0]);
                a0 = TSimd.Fma(s, u, a0);
                b0 = TSimd.Fma(s, w, b0);
                s = TSimd.Create(x[1 * Block]);
                a1 = TSimd.Fma(s, u, a1);
                b1 = TSimd.Fma(s, w, b1);
                s = TSimd.Create(x[2 * Block]);
                a2 = TSimd.Fma(s, u, a2);
                b2 = TSimd.Fma(s, w, b2);
                s = TSimd.Create(x[3 * Block]);
                a3 = TSimd.Fma(s, u, a3);
                b3 = TSimd.Fma(s, w, b3);
                s = TSimd.Create(x[4 * Block]);
                a4 = TSimd.Fma(s, u, a4);
                b4 = TSimd.Fma(s, w, b4);
                s = TSimd.Create(x[5 * Block]);
                a5 = TSimd.Fma(s, u, a5);
                b5 = TSimd.Fma(s, w, b5);
            }
        }

        TSimd.Store(acc, a0);
        TSimd.Store(acc + TSimd.Count, b0);
        TSimd.Store(acc + vStride, a1);
        TSimd.Store(acc + vStride + TSimd.Count, b1);
        TSimd.Store(acc + (2 * vStride), a2);
        TSimd.Store(acc + (2 * vStride) + TSimd.Count, b2);
        TSimd.Store(acc + (3 * vStride), a3);
        TSimd.Store(acc + (3 * vStride) + TSimd.Count, b3);
        TSimd.Store(acc + (4 * vStride), a4);
        TSimd.Store(acc + (4 * vStride) + TSimd.Count, b4);
        TSimd.Store(acc + (5 * vStride), a5);
        TSimd.Store(acc + (5 * vStride) + TSimd.Count, b5);
    }
}
