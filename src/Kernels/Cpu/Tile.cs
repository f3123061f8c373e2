using System.Runtime.CompilerServices;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// The register tile under every product: up to 14 rows by 2 vectors, all sums in registers. With 512-bit vectors that
/// is 28 sums, 2 weights and 1 state of the 32 registers, and 16 loads of the 28 for which 28 multiply-adds leave time
/// (2 of each a cycle); the narrower widths keep 6 rows, 12 sums of 16 registers. Lower tiles are the same code without
/// the rows that are not there, so every element is one chain of multiply-adds over k whatever tile it falls into.
/// Bound: 2 multiply-adds a cycle, 243 to 260 GFLOP/s on one Zen 5 core. Measured at 14 rows, k = 768, 36 tiles on one
/// panel: 250 with f32 and bf16 weights, 168 with f16; 6 rows 249, 4 rows 230, 1 row 63 (one chain of 4 cycles each).
/// </summary>
internal static unsafe class Tile<TSimd, TVector, TPanel>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
    where TPanel : struct, IPanelElement<TSimd, TVector>
{
    /// <summary>C = (accumulate ? C : 0) + A B for 2 vectors of columns, half a panel apart; ldb in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows>(int k, float* a, long lda, byte* b, long ldb, float* c, long ldc, bool accumulate)
        where TRows : struct, ITileRows
    {
        const int High = TileKernel.Half;
        TVector l0 = TSimd.Zero, h0 = TSimd.Zero;
        TVector l1 = TSimd.Zero, h1 = TSimd.Zero;
        TVector l2 = TSimd.Zero, h2 = TSimd.Zero;
        TVector l3 = TSimd.Zero, h3 = TSimd.Zero;
        TVector l4 = TSimd.Zero, h4 = TSimd.Zero;
        TVector l5 = TSimd.Zero, h5 = TSimd.Zero;
        TVector l6 = TSimd.Zero, h6 = TSimd.Zero;
        TVector l7 = TSimd.Zero, h7 = TSimd.Zero;
        TVector l8 = TSimd.Zero, h8 = TSimd.Zero;
        TVector l9 = TSimd.Zero, h9 = TSimd.Zero;
        TVector l10 = TSimd.Zero, h10 = TSimd.Zero;
        TVector l11 = TSimd.Zero, h11 = TSimd.Zero;
        TVector l12 = TSimd.Zero, h12 = TSimd.Zero;
        TVector l13 = TSimd.Zero, h13 = TSimd.Zero;
        if (accumulate)
        {
            float* o = c;
            l0 = TSimd.Load(o);
            h0 = TSimd.Load(o + High);
            if (TRows.Count > 1)
            {
                o += ldc;
                l1 = TSimd.Load(o);
                h1 = TSimd.Load(o + High);
            }

            if (TRows.Count > 2)
            {
                o += ldc;
                l2 = TSimd.Load(o);
                h2 = TSimd.Load(o + High);
            }

            if (TRows.Count > 3)
            {
                o += ldc;
                l3 = TSimd.Load(o);
                h3 = TSimd.Load(o + High);
            }

            if (TRows.Count > 4)
            {
                o += ldc;
                l4 = TSimd.Load(o);
                h4 = TSimd.Load(o + High);
            }

            if (TRows.Count > 5)
            {
                o += ldc;
                l5 = TSimd.Load(o);
                h5 = TSimd.Load(o + High);
            }

            if (TRows.Count > 6)
            {
                o += ldc;
                l6 = TSimd.Load(o);
                h6 = TSimd.Load(o + High);
            }

            if (TRows.Count > 7)
            {
                o += ldc;
                l7 = TSimd.Load(o);
                h7 = TSimd.Load(o + High);
            }

            if (TRows.Count > 8)
            {
                o += ldc;
                l8 = TSimd.Load(o);
                h8 = TSimd.Load(o + High);
            }

            if (TRows.Count > 9)
            {
                o += ldc;
                l9 = TSimd.Load(o);
                h9 = TSimd.Load(o + High);
            }

            if (TRows.Count > 10)
            {
                o += ldc;
                l10 = TSimd.Load(o);
                h10 = TSimd.Load(o + High);
            }

            if (TRows.Count > 11)
            {
                o += ldc;
                l11 = TSimd.Load(o);
                h11 = TSimd.Load(o + High);
            }

            if (TRows.Count > 12)
            {
                o += ldc;
                l12 = TSimd.Load(o);
                h12 = TSimd.Load(o + High);
            }

            if (TRows.Count > 13)
            {
                o += ldc;
                l13 = TSimd.Load(o);
                h13 = TSimd.Load(o + High);
            }

        }

        for (; k > 0; k--)
        {
            TVector low = TPanel.Low(b), high = TPanel.High(b);
            TVector x0 = TSimd.Create(a[0]);
            l0 = TSimd.Fma(x0, low, l0);
            h0 = TSimd.Fma(x0, high, h0);
            if (TRows.Count > 1)
            {
                TVector x1 = TSimd.Create(a[1]);
                l1 = TSimd.Fma(x1, low, l1);
                h1 = TSimd.Fma(x1, high, h1);
            }

            if (TRows.Count > 2)
            {
                TVector x2 = TSimd.Create(a[2]);
                l2 = TSimd.Fma(x2, low, l2);
                h2 = TSimd.Fma(x2, high, h2);
            }

            if (TRows.Count > 3)
            {
                TVector x3 = TSimd.Create(a[3]);
                l3 = TSimd.Fma(x3, low, l3);
                h3 = TSimd.Fma(x3, high, h3);
            }

            if (TRows.Count > 4)
            {
                TVector x4 = TSimd.Create(a[4]);
                l4 = TSimd.Fma(x4, low, l4);
                h4 = TSimd.Fma(x4, high, h4);
            }

            if (TRows.Count > 5)
            {
                TVector x5 = TSimd.Create(a[5]);
                l5 = TSimd.Fma(x5, low, l5);
                h5 = TSimd.Fma(x5, high, h5);
            }

            if (TRows.Count > 6)
            {
                TVector x6 = TSimd.Create(a[6]);
                l6 = TSimd.Fma(x6, low, l6);
                h6 = TSimd.Fma(x6, high, h6);
            }

            if (TRows.Count > 7)
            {
                TVector x7 = TSimd.Create(a[7]);
                l7 = TSimd.Fma(x7, low, l7);
                h7 = TSimd.Fma(x7, high, h7);
            }

            if (TRows.Count > 8)
            {
                TVector x8 = TSimd.Create(a[8]);
                l8 = TSimd.Fma(x8, low, l8);
                h8 = TSimd.Fma(x8, high, h8);
            }

            if (TRows.Count > 9)
            {
                TVector x9 = TSimd.Create(a[9]);
                l9 = TSimd.Fma(x9, low, l9);
                h9 = TSimd.Fma(x9, high, h9);
            }

            if (TRows.Count > 10)
            {
                TVector x10 = TSimd.Create(a[10]);
                l10 = TSimd.Fma(x10, low, l10);
                h10 = TSimd.Fma(x10, high, h10);
            }

            if (TRows.Count > 11)
            {
                TVector x11 = TSimd.Create(a[11]);
                l11 = TSimd.Fma(x11, low, l11);
                h11 = TSimd.Fma(x11, high, h11);
            }

            if (TRows.Count > 12)
            {
                TVector x12 = TSimd.Create(a[12]);
                l12 = TSimd.Fma(x12, low, l12);
                h12 = TSimd.Fma(x12, high, h12);
            }

            if (TRows.Count > 13)
            {
                TVector x13 = TSimd.Create(a[13]);
                l13 = TSimd.Fma(x13, low, l13);
                h13 = TSimd.Fma(x13, high, h13);
            }

            a += lda;
            b += ldb;
        }

        TSimd.Store(c, l0);
        TSimd.Store(c + High, h0);
        if (TRows.Count > 1)
        {
            c += ldc;
            TSimd.Store(c, l1);
            TSimd.Store(c + High, h1);
        }

        if (TRows.Count > 2)
        {
            c += ldc;
            TSimd.Store(c, l2);
            TSimd.Store(c + High, h2);
        }

        if (TRows.Count > 3)
        {
            c += ldc;
            TSimd.Store(c, l3);
            TSimd.Store(c + High, h3);
        }

        if (TRows.Count > 4)
        {
            c += ldc;
            TSimd.Store(c, l4);
            TSimd.Store(c + High, h4);
        }

        if (TRows.Count > 5)
        {
            c += ldc;
            TSimd.Store(c, l5);
            TSimd.Store(c + High, h5);
        }

        if (TRows.Count > 6)
        {
            c += ldc;
            TSimd.Store(c, l6);
            TSimd.Store(c + High, h6);
        }

        if (TRows.Count > 7)
        {
            c += ldc;
            TSimd.Store(c, l7);
            TSimd.Store(c + High, h7);
        }

        if (TRows.Count > 8)
        {
            c += ldc;
            TSimd.Store(c, l8);
            TSimd.Store(c + High, h8);
        }

        if (TRows.Count > 9)
        {
            c += ldc;
            TSimd.Store(c, l9);
            TSimd.Store(c + High, h9);
        }

        if (TRows.Count > 10)
        {
            c += ldc;
            TSimd.Store(c, l10);
            TSimd.Store(c + High, h10);
        }

        if (TRows.Count > 11)
        {
            c += ldc;
            TSimd.Store(c, l11);
            TSimd.Store(c + High, h11);
        }

        if (TRows.Count > 12)
        {
            c += ldc;
            TSimd.Store(c, l12);
            TSimd.Store(c + High, h12);
        }

        if (TRows.Count > 13)
        {
            c += ldc;
            TSimd.Store(c, l13);
            TSimd.Store(c + High, h13);
        }

    }
}
