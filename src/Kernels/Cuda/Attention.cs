using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Attention(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor z, in AttentionTaps taps = default)
    {
        CudaKeyValueStore from = AttentionStoreOf(store);
        Check.Attention(q, from, rows, z, taps);
        _counters.Ops++;
        _counters.Flops += 4L * from.HeadSize * q.Shape[1] * rows.Pairs(options.Window);
        if (rows.Rows > 0)
        {
            RunStages(q, from, rows, options, z, taps);
        }
    }
}
