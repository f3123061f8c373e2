using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel CompareRowsKernel = new("compare_rows");

    public void CompareRows(Tensor a, Tensor b, Tensor statistics)
    {
        Check.CompareRows(a, b, statistics);
        _counters.Ops++;
        if (a.Rows == 0)
        {
            return;
        }

        RowShare share = RowShare.Together(a.Rows, a.Width, RowShare.Aligned(a.Width, a, b));
        var arguments = new CompareRowsArguments
        {
            Share = share,
            A = Floats(a),
            B = Floats(b),
            Statistics = Floats(statistics),
            StrideA = a.RowStride,
            StrideB = b.RowStride,
            StrideStatistics = statistics.RowStride,
        };
        Launch(CompareRowsKernel, share.Whole, share.Threads, arguments, new KernelWork((2 * a.Bytes) + statistics.Bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CompareRowsArguments
    {
        public RowShare Share;
        public float* A, B, Statistics;
        public int StrideA, StrideB, StrideStatistics;
    }
}
