using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel GatherRowsKernel = new("gather_rows");

    public void GatherRows(Tensor x, Tensor indices, Tensor y)
    {
        Check.GatherRows(x, indices, y);
        _counters.Ops++;
        if (y.Shape.Count == 0)
        {
            return;
        }

        RowShare share = RowShare.Apart(y.Rows, y.Width, RowShare.Aligned(y.Width, x, y));
        var arguments = new GatherRowsArguments
        {
            Share = share,
            X = Floats(x),
            Indices = Integers(indices),
            Y = Floats(y),
            Fault = (int*)_faultAddress,
            StrideX = x.RowStride,
            StrideY = y.RowStride,
            Rows = x.Rows,
        };
        Launch(GatherRowsKernel, share.Divided, share.Threads, arguments, new KernelWork((2 * y.Bytes) + indices.Bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct GatherRowsArguments
    {
        public RowShare Share;
        public float* X;
        public int* Indices;
        public float* Y;
        public int* Fault;
        public int StrideX, StrideY;
        public int Rows;
    }
}
