using System.Numerics;
using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda;

/// <summary>
/// How threads share the rows of a launch, twin of the struct in kernels/include/rows.cuh. It depends on a row's width
/// alone, so that the bits of a sum do not depend on the batch.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct RowShare
{
    private const int QuadsAtOnce = 4;
    private const int Warp = 32;

    // Of short rows, many to a block; of a row's parts, which want to be on many multiprocessors; of a row whose sums keep
    // a block waiting, and which it holds in registers up to 8,192 elements.
    private const int BlockThreads = 256;
    private const int PartThreads = 128;
    private const int RowThreads = 512;

    private readonly int _rows;
    private readonly int _width;
    private readonly int _lanes;
    private readonly int _quads;
    private readonly int _aligned;

    private RowShare(int rows, int width, bool aligned, int quadsWanted, int mostLanes)
    {
        _rows = rows;
        _width = width;
        _aligned = aligned ? 1 : 0;
        int quads = Math.Max(CeilDiv(width, 4), 1);
        int wanted = CeilDiv(quads, quadsWanted);
        _lanes = wanted <= Warp ? (int)BitOperations.RoundUpToPowerOf2((uint)wanted) : Math.Min(CeilDiv(wanted, Warp) * Warp, mostLanes);
        _quads = CeilDiv(quads, _lanes);
    }

    /// <summary>Threads a block.</summary>
    public int Threads => _lanes <= Warp ? BlockThreads : _lanes;

    /// <summary>Blocks for all rows where each takes its rows whole.</summary>
    public Grid Whole => new(CeilDiv(_rows, Threads / _lanes));

    /// <summary>Blocks for all rows where those in y divide long ones.</summary>
    public Grid Divided => Whole with { Y = CeilDiv(_quads, QuadsAtOnce) };

    /// <summary>For a kernel that takes a row together, from sums to results.</summary>
    public static RowShare Together(int rows, int width, bool aligned) => new(rows, width, aligned, QuadsAtOnce, RowThreads);

    /// <summary>For a kernel that looks at each element alone, with blocks that divide long rows.</summary>
    public static RowShare Apart(int rows, int width, bool aligned) => new(rows, width, aligned, QuadsAtOnce, PartThreads);

    /// <summary>For a kernel that has several operands a quad.</summary>
    public static RowShare Spread(int rows, int width, bool aligned) => new(rows, width, aligned, 1, PartThreads);

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

    private static int CeilDiv(int a, int b) => (int)(((long)a + b - 1) / b);
}
