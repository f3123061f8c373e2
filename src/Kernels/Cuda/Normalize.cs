using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel NormalizeKernel = new("normalize");

    public void Normalize(Tensor x, Tensor scale, bool centered, Tensor y)
    {
        Check.Normalize(x, scale, y);
        _counters.Ops++;
        if (x.Shape.Count == 0)
        {
            return;
        }

        RowShare share = RowShare.Together(x.Rows, x.Width, RowShare.Aligned(x.Width, x, y));
        var arguments = new NormalizeArguments
        {
            Share = share,
            X = Floats(x),
            Scale = Floats(scale),
            Y = Floats(y),
            InverseWidth = 1.0 / x.Width,
            StrideX = x.RowStride,
            StrideScale = scale.RowStride,
            StrideY = y.RowStride,
            Centered = centered ? 1 : 0,
        };
        Launch(NormalizeKernel, share.Whole, share.Threads, arguments, new KernelWork((2 * x.Bytes) + scale.Bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct NormalizeArguments
    {
        public RowShare Share;
        public float* X, Scale, Y;
        public double InverseWidth;
        public int StrideX, StrideScale, StrideY;
        public int Centered;
    }
}
