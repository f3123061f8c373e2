using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel[] WeightColumnsKernels = ByType("weight_columns");

    public void WeightColumns(WeightMatrix w, int start, Tensor y)
    {
        const int Tile = 64;
        var matrix = (CudaMatrix)w;
        Check.WeightColumns(w, start, y);
        _counters.Ops++;
        if (y.Shape.Count == 0)
        {
            return;
        }

        int size = w.Type.Size();
        var arguments = new WeightColumnsArguments
        {
            W = matrix.At(start),
            Y = Floats(y),
            StrideW = matrix.Stride,
            StrideY = y.RowStride,
            Rows = y.Rows,
            Outputs = w.Outputs,
        };
        var grid = new Grid(CeilDiv(w.Outputs, Tile), CeilDiv(y.Rows, Tile));
        Launch(WeightColumnsKernels[(int)w.Type], grid, 256, arguments, new KernelWork(y.Shape.Count * (size + sizeof(float))));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct WeightColumnsArguments
    {
        public void* W;
        public float* Y;
        public long StrideW, StrideY;
        public int Rows, Outputs;
    }
}
