using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    /// <summary>y = f(a, b) for all rows; b is absent for a function of one row. Whatever f is, it costs the bytes.</summary>
    private void Elementwise(CudaKernel kernel, Tensor a, Tensor b, Tensor y, float constant = 0)
    {
        _counters.Ops++;
        if (y.Shape.Count == 0)
        {
            return;
        }

        RowShare share = RowShare.Apart(y.Rows, y.Width, RowShare.Aligned(y.Width, a, b, y));
        var arguments = new ElementwiseArguments
        {
            Share = share,
            A = Floats(a),
            B = Floats(b),
            Y = Floats(y),
            StrideA = a.RowStride,
            StrideB = b.RowStride,
            StrideY = y.RowStride,
            Constant = constant,
        };
        Launch(kernel, share.Divided, share.Threads, arguments, new KernelWork((b.IsAbsent ? 2 : 3) * y.Bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ElementwiseArguments
    {
        public RowShare Share;
        public float* A, B, Y;
        public int StrideA, StrideB, StrideY;
        public float Constant;
    }
}
