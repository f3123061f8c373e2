using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel RopeKernel = new("rope");

    public void Rope(Tensor x, Tensor cos, Tensor sin, Tensor y)
    {
        Check.Rope(x, cos, sin, y);
        _counters.Ops++;
        if (x.Shape.Count == 0)
        {
            return;
        }

        int heads = x.Shape[1];
        int size = x.Shape[2];
        int pairs = cos.Width;
        bool aligned = RowShare.Aligned(pairs, x, cos, sin, y) && size % 4 == 0;
        RowShare share = RowShare.Spread(x.Rows, pairs, aligned);
        var arguments = new RopeArguments
        {
            Share = share,
            X = Floats(x),
            Cos = Floats(cos),
            Sin = Floats(sin),
            Y = Floats(y),
            StrideX = x.RowStride,
            StrideCos = cos.RowStride,
            StrideSin = sin.RowStride,
            StrideY = y.RowStride,
            Size = size,
        };
        Launch(RopeKernel, share.Whole with { Y = heads }, share.Threads, arguments, new KernelWork((2 * x.Bytes) + cos.Bytes + sin.Bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RopeArguments
    {
        public RowShare Share;
        public float* X, Cos, Sin, Y;
        public int StrideX, StrideCos, StrideSin, StrideY;
        public int Size;
    }
}
