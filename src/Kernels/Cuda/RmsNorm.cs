using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel RmsNormKernel = new("rms_norm");

    public void RmsNorm(Tensor x, Tensor gain, float gainOffset, float epsilon, Tensor y, in NormTaps taps = default)
    {
        Check.RmsNorm(x, gain, y, taps);
        _counters.Ops++;
        int size = (int)gain.Shape.Count;
        int groups = x.Width / size;
        if (x.Rows == 0)
        {
            return;
        }

        var arguments = new RmsNormArguments
        {
            X = Floats(x),
            Gain = Floats(gain),
            Y = Floats(y),
            Scale = Floats(taps.Scale),
            Normalized = Floats(taps.Normalized),
            StrideX = x.RowStride,
            StrideY = y.RowStride,
            StrideScale = taps.Scale.RowStride,
            StrideNormalized = taps.Normalized.RowStride,
            Groups = groups,
            Size = size,
            GainOffset = gainOffset,
            Epsilon = epsilon,
        };
        Launch(RmsNormKernel, new Grid(checked(x.Rows * groups)), 256, arguments, new KernelWork(2 * x.Bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RmsNormArguments
    {
        public float* X, Gain, Y, Scale, Normalized;
        public long StrideX, StrideY, StrideScale, StrideNormalized;
        public int Groups, Size;
        public float GainOffset, Epsilon;
    }
}
