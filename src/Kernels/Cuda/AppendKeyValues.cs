using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    private static readonly CudaKernel[] AppendKeyValuesKernels = ByType("append_key_values");

    public void AppendKeyValues(Tensor k, Tensor v, PackedRows rows, KeyValueStore store)
    {
        CudaKeyValueStore into = AttentionStoreOf(store);
        Check.AppendKeyValues(k, v, rows, into);
        if (rows.Rows == 0)
        {
            return;
        }

        _counters.Ops++;
        var arguments = new AppendKeyValuesArguments
        {
            K = Floats(k),
            V = Floats(v),
            StrideK = k.RowStride,
            StrideV = v.RowStride,
            Store = ViewOf(into),
            Rows = RowsOf(rows),
            Fault = (int*)_faultAddress,
        };
        var work = new KernelWork(k.Shape.Count * 2 * (sizeof(float) + into.Type.Size()));
        Launch(AppendKeyValuesKernels[(int)into.Type], new Grid(rows.Rows, 2), 256, arguments, work);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AppendKeyValuesArguments
    {
        public float* K, V;
        public long StrideK, StrideV;
        public StoreView Store;
        public BatchRows Rows;
        public int* Fault;
    }
}
