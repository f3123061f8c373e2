using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel CompareDistributionsKernel = new("compare_distributions");

    public void CompareDistributions(Tensor a, Tensor b, Tensor distances)
    {
        Check.CompareDistributions(a, b, distances);
        _counters.Ops++;
        if (a.Rows == 0)
        {
            return;
        }

        var arguments = new CompareDistributionsArguments
        {
            A = Floats(a),
            B = Floats(b),
            Distances = Floats(distances),
            StrideA = a.RowStride,
            StrideB = b.RowStride,
            StrideDistances = distances.RowStride,
            Width = a.Width,
        };
        Launch(CompareDistributionsKernel, new Grid(a.Rows), 256, arguments, new KernelWork(a.Bytes + b.Bytes + distances.Bytes, 30 * a.Shape.Count));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CompareDistributionsArguments
    {
        public float* A, B, Distances;
        public long StrideA, StrideB, StrideDistances;
        public int Width;
    }
}
