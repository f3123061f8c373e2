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
        RunAppend(k, v, rows, RowsOf(rows, rows.Rows), into);
    }

    private void RunAppend(Tensor k, Tensor v, PackedRows rows, BatchRows all, CudaKeyValueStore into)
    {
        var arguments = new AppendKeyValuesArguments
        {
            K = Floats(k),
            V = Floats(v),
            StrideK = k.RowStride,
            StrideV = v.RowStride,
            Store = ViewOf(into),
            Rows = all,
            Fault = (int*)_faultAddress,
        };
        var work = new KernelWork(2L * rows.Rows * k.Width * (sizeof(float) + into.Type.Size()));
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
