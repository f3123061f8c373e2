using System.Diagnostics;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>Sizes that every product's operands agree on.</summary>
internal static class TileKernel
{
    /// <summary>Columns of a panel: the unit in which weights are packed.</summary>
    public const int Width = 32;

    /// <summary>Columns from a tile's first vector to its second.</summary>
    public const int Half = Width / 2;

    /// <summary>Most rows of a tile at any vector width.</summary>
    public const int MaxRows = 14;
}

/// <summary>
/// C [rows, 32] = A B: the product of a few rows by one panel. Every element is one chain of fused multiply-adds over k,
/// from 0 or from what C holds, so its bits depend on neither the row count nor a split of k nor the vector width.
/// </summary>
internal static unsafe class TileKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>Multiplies by f32 weights.</summary>
    /// <param name="rows">Rows, 1 .. TSimd.TileRows.</param>
    /// <param name="k">Length of the chains; 0 leaves zeros or C itself.</param>
    /// <param name="a">Element (row, k) at a[k lda + row].</param>
    /// <param name="lda">Floats from one k to the next in A.</param>
    /// <param name="b">32 floats for each k, at b + k ldb.</param>
    /// <param name="ldb">Floats from one k to the next in B.</param>
    /// <param name="c">Element (row, column) at c[row ldc + column].</param>
    /// <param name="ldc">Floats from one row to the next in C.</param>
    /// <param name="accumulate">Whether the chains go on from C.</param>
    public static void Multiply(int rows, int k, float* a, long lda, float* b, long ldb, float* c, long ldc, bool accumulate) =>
        Multiply<PanelF32<TSimd, TVector>>(rows, k, a, lda, (byte*)b, ldb * sizeof(float), c, ldc, accumulate);

    /// <summary>Multiplies by weights of any stored type; <paramref name="ldb"/> is in bytes.</summary>
    public static void Multiply<TPanel>(int rows, int k, float* a, long lda, byte* b, long ldb, float* c, long ldc, bool accumulate)
        where TPanel : struct, IPanelElement<TSimd, TVector>
    {
        Debug.Assert(rows >= 1 && rows <= TSimd.TileRows, "A tile has 1 .. TileRows rows.");
        delegate*<int, float*, long, byte*, long, float*, long, bool, void> tile = rows switch
        {
            1 => &Tile<TSimd, TVector, TPanel>.Run<Rows1>,
            2 => &Tile<TSimd, TVector, TPanel>.Run<Rows2>,
            3 => &Tile<TSimd, TVector, TPanel>.Run<Rows3>,
            4 => &Tile<TSimd, TVector, TPanel>.Run<Rows4>,
            5 => &Tile<TSimd, TVector, TPanel>.Run<Rows5>,
            6 => &Tile<TSimd, TVector, TPanel>.Run<Rows6>,
            7 => &Tile<TSimd, TVector, TPanel>.Run<Rows7>,
            8 => &Tile<TSimd, TVector, TPanel>.Run<Rows8>,
            9 => &Tile<TSimd, TVector, TPanel>.Run<Rows9>,
            10 => &Tile<TSimd, TVector, TPanel>.Run<Rows10>,
            11 => &Tile<TSimd, TVector, TPanel>.Run<Rows11>,
            12 => &Tile<TSimd, TVector, TPanel>.Run<Rows12>,
            13 => &Tile<TSimd, TVector, TPanel>.Run<Rows13>,
            _ => &Tile<TSimd, TVector, TPanel>.Run<Rows14>,
        };

        // A word of B is one column of f32 or a pair of 16-bit ones: either way the next lane is 4 bytes on.
        for (int j = 0; j < TileKernel.Half; j += TSimd.Count)
        {
            tile(k, a, lda, b + (j * sizeof(float)), ldb, c + j, ldc, accumulate);
        }
    }
}
