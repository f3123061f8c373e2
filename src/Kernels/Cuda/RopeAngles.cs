using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel RopeAnglesKernel = new("rope_angles");

    public void RopeAngles(Tensor positions, Tensor frequencies, float magnitude, Tensor cos, Tensor sin)
    {
        Check.RopeAngles(positions, frequencies, cos, sin);
        _counters.Ops++;
        if (cos.Shape.Count == 0)
        {
            return;
        }

        var arguments = new RopeAnglesArguments
        {
            Positions = Integers(positions),
            Frequencies = Floats(frequencies),
            Cos = Floats(cos),
            Sin = Floats(sin),
            StrideCos = cos.RowStride,
            StrideSin = sin.RowStride,
            Rows = cos.Rows,
            Pairs = cos.Width,
            Magnitude = magnitude,
        };
        const int Threads = 256;
        long bytes = cos.Bytes + sin.Bytes + positions.Bytes + frequencies.Bytes;
        Launch(RopeAnglesKernel, new Grid(CeilDiv(cos.Shape.Count, Threads)), Threads, arguments, new KernelWork(bytes));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RopeAnglesArguments
    {
        public int* Positions;
        public float* Frequencies, Cos, Sin;
        public int StrideCos, StrideSin;
        public int Rows, Pairs;
        public float Magnitude;
    }
}
