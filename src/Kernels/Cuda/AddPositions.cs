using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel AddPositionsKernel = new("add_positions");

    public void AddPositions(Tensor x, Tensor positions, Tensor table, int offset, Tensor y)
    {
        Check.AddPositions(x, positions, table, y);
        _counters.Ops++;
        if (y.Shape.Count == 0)
        {
            return;
        }

        RowShare share = RowShare.Apart(y.Rows, y.Width, RowShare.Aligned(y.Width, x, table, y));
        var arguments = new AddPositionsArguments
        {
            Share = share,
            X = Floats(x),
            Positions = Integers(positions),
            Table = Floats(table),
            Y = Floats(y),
            Fault = (int*)_faultAddress,
            StrideX = x.RowStride,
            StrideTable = table.RowStride,
            StrideY = y.RowStride,
            Offset = offset,
            Rows = table.Rows,
        };
        Launch(AddPositionsKernel, share.Divided, share.Threads, arguments, new KernelWork((3 * y.Bytes) + positions.Bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AddPositionsArguments
    {
        public RowShare Share;
        public float* X;
        public int* Positions;
        public float* Table;
        public float* Y;
        public int* Fault;
        public int StrideX, StrideTable, StrideY;
        public int Offset, Rows;
    }
}
