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
    public static void Pack(float* x, long stride, int height, int k, float* to)
    {
        float** rows = stackalloc float*[TileKernel.MaxRows];
        for (int row = 0; row < height; row++)
        {
            rows[row] = x + (row * stride);
        }

        Pack(rows, height, k, to);
    }

    /// <summary>Packs one tile of rows that lie anywhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float** rows, int height, int k, float* to)
    {
        int row = 0;
        while (height >= 4 && row < height)
        {
            // The last group of four overlaps the one before.
            row = Math.Min(row, height - 4);
            PackFour(rows + row, height, k, to + row);
            row += 4;
        }

        for (; row < height; row++)
        {
            float* from = rows[row];
            for (int i = 0; i < k; i++)
            {
                to[((long)i * height) + row] = from[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackFour(float** rows, int height, int k, float* to)
    {
        float* a = rows[0], b = rows[1], c = rows[2], d = rows[3];
        int i = 0;
        for (; i + 4 <= k; i += 4, to += 4 * height)
        {
            Transpose4.Store(
                Vector128.Load((uint*)(a + i)),
                Vector128.Load((uint*)(b + i)),
                Vector128.Load((uint*)(c + i)),
                Vector128.Load((uint*)(d + i)),
                (uint*)to,
                height);
        }

        for (; i < k; i++, to += height)
        {
            to[0] = a[i];
            to[1] = b[i];
            to[2] = c[i];
            to[3] = d[i];
        }
    }
}
