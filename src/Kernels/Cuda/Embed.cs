using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel[] EmbedKernels = ByType("embed");

    public void Embed(Tensor ids, WeightMatrix table, float scale, Tensor y)
    {
        var matrix = (CudaMatrix)table;
        Check.Embed(ids, table, y);
        _counters.Ops++;
        if (y.Rows == 0)
        {
            return;
        }

        var arguments = new EmbedArguments
        {
            Ids = Integers(ids),
            Table = (void*)matrix.Address,
            Y = Floats(y),
            Fault = (int*)_faultAddress,
            StrideTable = matrix.Stride,
            StrideY = y.RowStride,
            Width = table.Inputs,
            Entries = table.Outputs,
            Scale = scale,
            Wide = IsWide(y) ? 1 : 0,
        };
        Launch(EmbedKernels[(int)table.Type], new Grid(y.Rows), 256, arguments, new KernelWork(y.Bytes + (y.Rows * matrix.RowBytes)));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct EmbedArguments
    {
        public int* Ids;
        public void* Table;
        public float* Y;
        public int* Fault;
        public long StrideTable, StrideY;
        public int Width, Entries;
        public float Scale;
        public int Wide;
    }
}
