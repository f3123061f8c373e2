using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private void Norm(CudaKernel kernel, Tensor x, Tensor gain, float gainOffset, Tensor bias, float epsilon, Tensor y, in NormTaps taps)
    {
        _counters.Ops++;
        if (x.Shape.Count == 0)
        {
            return;
        }

        int size = (int)gain.Shape.Count;
        int groups = x.Width / size;
        RowShare share = RowShare.Together(x.Rows, size, RowShare.Aligned(size, x, gain, bias, y, taps.Normalized, taps.Residual, taps.Sum));
        var arguments = new NormArguments
        {
            Share = share,
            X = Floats(x),
            Gain = Floats(gain),
            Bias = Floats(bias),
            Y = Floats(y),
            Scale = Floats(taps.Scale),
            Normalized = Floats(taps.Normalized),
            Residual = Floats(taps.Residual),
            Sum = Floats(taps.Sum),
            InverseSize = 1.0 / size,
            StrideX = x.RowStride,
            StrideY = y.RowStride,
            StrideScale = taps.Scale.RowStride,
            StrideNormalized = taps.Normalized.RowStride,
            StrideResidual = taps.Residual.RowStride,
            StrideSum = taps.Sum.RowStride,
            GainOffset = gainOffset,
            Epsilon = epsilon,
        };
        long bytes = (2 * x.Bytes) + gain.Bytes + bias.Bytes + taps.Scale.Bytes + taps.Normalized.Bytes + taps.Residual.Bytes + taps.Sum.Bytes;
        Launch(kernel, share.Whole with { Y = groups }, share.Threads, arguments, new KernelWork(bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct NormArguments
    {
        public RowShare Share;
        public float* X, Gain, Bias, Y, Scale, Normalized, Residual, Sum;
        public double InverseSize;
        public int StrideX, StrideY, StrideScale, StrideNormalized, StrideResidual, StrideSum;
        public float GainOffset, Epsilon;
    }
}
