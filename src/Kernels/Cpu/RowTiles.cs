using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Weir.Kernels.Cpu.Simd;

namespace Weir.Kernels.Cpu;

/// <summary>
/// Rows cut into tiles of at most so many, all within one row of the same height: a last tile of one or two rows would
/// wait for its chains. Packed tiles follow one another, each k-major: element (row, k) of a tile of h rows at k h + row.
/// </summary>
internal readonly unsafe struct RowTiles
{
    private readonly int _low;
    private readonly int _extra;

    public RowTiles(int rows, int tileRows)
    {
        Count = (rows + tileRows - 1) / tileRows;
        if (Count > 0)
        {
            _low = rows / Count;
            _extra = rows % Count;
        }
    }

    /// <summary>Number of tiles.</summary>
    public int Count { get; }

    /// <summary>First row of a tile.</summary>
    public int Start(int tile) => (tile * _low) + Math.Min(tile, _extra);

    /// <summary>Rows of a tile.</summary>
    public int Height(int tile) => _low + (tile < _extra ? 1 : 0);

    /// <summary>Packs one tile of rows that lie <paramref name="stride"/> floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float* x, long stride, int rows, int k, float* to)
    {
        int row = 0;
        while (rows - row >= 4 || (rows >= 4 && row < rows))
        {
            // The last group of four overlaps the one before.
            row = Math.Min(row, rows - 4);
            PackFour(x + (row * stride), stride, rows, k, to + row);
            row += 4;
        }

        for (; row < rows; row++)
        {
            float* from = x + (row * stride);
            for (int i = 0; i < k; i++)
            {
                to[((long)i * rows) + row] = from[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackFour(float* a, long stride, int rows, int k, float* to)
    {
        float* b = a + stride, c = b + stride, d = c + stride;
        int i = 0;
        for (; i + 4 <= k; i += 4, to += 4 * rows)
        {
            Transpose4.Store(
                Vector128.Load((uint*)(a + i)),
                Vector128.Load((uint*)(b + i)),
                Vector128.Load((uint*)(c + i)),
                Vector128.Load((uint*)(d + i)),
                (uint*)to,
                rows);
        }

        for (; i < k; i++, to += rows)
        {
            to[0] = a[i];
            to[1] = b[i];
            to[2] = c[i];
            to[3] = d[i];
        }
    }
}
