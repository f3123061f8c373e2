using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda;

/// <summary>
/// How threads share the rows of a launch, twin of the struct in kernels/include/rows.cuh. It depends on a row's width
/// alone, so that the bits of a sum do not depend on the batch.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct RowShare
{
    private const int Quads = 4;
    private const int Warp = 32;
    private const int BlockThreads = 256;
    private const int MostThreads = 1024;

    private readonly int _rows;
    private readonly int _width;
    private readonly int _lanes;
    private readonly int _aligned;

    private RowShare(int rows, int width, bool aligned, int mostLanes)
    {
        _rows = rows;
        _width = width;
        _aligned = aligned ? 1 : 0;
        int wanted = Math.Max((width + (4 * Quads) - 1) / (4 * Quads), 1);
        _lanes = wanted <= Warp
            ? (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)wanted)
            : Math.Min((wanted + Warp - 1) / Warp * Warp, mostLanes);
    }

    /// <summary>Threads a block.</summary>
    public int Threads => _lanes <= Warp ? BlockThreads : _lanes;

    /// <summary>Blocks for all rows where each takes its rows whole.</summary>
    public Grid Whole => new((int)(((long)_rows + RowsPerBlock - 1) / RowsPerBlock));

    /// <summary>Blocks for all rows where those in y divide long ones.</summary>
    public Grid Divided => Whole with { Y = (_width + (_lanes * 4 * Quads) - 1) / (_lanes * 4 * Quads) };

    private int RowsPerBlock => Threads / _lanes;

    /// <summary>For a kernel that takes a row together, from sums to results.</summary>
    public static RowShare Together(long rows, int width, bool aligned) => new(checked((int)rows), width, aligned, MostThreads);

    /// <summary>For a kernel that looks at each element alone.</summary>
    public static RowShare Apart(long rows, int width, bool aligned) => new(checked((int)rows), width, aligned, BlockThreads);

    /// <summary>True where every row of every operand that is there can be moved by 16 bytes, and so can parts of this size.</summary>
    public static bool Aligned(int size, params ReadOnlySpan<Tensor> operands)
    {
        if (size % 4 != 0)
        {
            return false;
        }

        foreach (ref readonly Tensor t in operands)
        {
            if (!t.IsAbsent && (t.Address % 16 != 0 || (t.Rows > 1 && t.RowStride % 4 != 0)))
            {
                return false;
            }
        }

        return true;
    }
}
