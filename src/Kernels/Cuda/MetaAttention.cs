using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

// The kernels of AppendKeyValues and Attention with an index: they read the rows that it names where they lie, and add
// where they would write. Nothing is gathered or scattered in memory.
internal sealed unsafe partial class CudaOps
{
    public void MetaAttention(Tensor q, Tensor k, Tensor v, Tensor index, PackedRows subset, KeyValueStore store, AttentionOptions options, Tensor y)
    {
        CudaKeyValueStore into = AttentionStoreOf(store);
        Check.MetaAttention(q, k, v, index, subset, into, y);
        _counters.Ops++;
        if (subset.Rows > 0)
        {
            BatchRows all = RowsOf(subset, q.Rows, index);
            RunAppend(k, v, subset, all, into);
            RunAttention(q, into, subset, all, options, y, default);
        }
    }
}
