using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel AffineKernel = new("affine");

    public void Affine(Tensor x, Tensor gain, float gainOffset, Tensor bias, Tensor y)
    {
        Check.Affine(x, gain, bias, y);
        _counters.Ops++;
        if (x.Shape.Count == 0)
        {
            return;
        }

        RowShare share = RowShare.Apart(x.Rows, x.Width, RowShare.Aligned(x.Width, x, gain, bias, y));
        var arguments = new AffineArguments
        {
            Share = share,
            X = Floats(x),
            Gain = Floats(gain),
            Bias = Floats(bias),
            Y = Floats(y),
            StrideX = x.RowStride,
            StrideY = y.RowStride,
            GainOffset = gainOffset,
        };
        Launch(AffineKernel, share.Divided, share.Threads, arguments, new KernelWork((2 * x.Bytes) + gain.Bytes + bias.Bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AffineArguments
    {
        public RowShare Share;
        public float* X, Gain, Bias, Y;
        public int StrideX, StrideY;
        public float GainOffset;
    }
}
