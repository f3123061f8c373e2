using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

internal sealed unsafe partial class CudaOps
{
    public void Attention(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor z, in AttentionTaps taps = default)
    {
        CudaKeyValueStore from = AttentionStoreOf(store);
        Check.Attention(q, from, rows, z, taps);
        _counters.Ops++;
        if (rows.Rows > 0)
        {
            RunAttention(q, from, rows, RowsOf(rows, rows.Rows), options, z, taps);
        }
    }

    /// <summary>The attention of a batch by the kernels that suit it.</summary>
    private void RunAttention(Tensor q, CudaKeyValueStore store, PackedRows rows, BatchRows all, AttentionOptions options, Tensor z, in AttentionTaps taps)
    {
        _counters.Flops += 4L * store.HeadSize * q.Shape[1] * rows.Pairs(options.Window);
        if (!TakesMma(store, options))
        {
            RunStages(q, store, rows, all, options, z, taps);
            return;
        }

        if (TakesDecode(store, rows, q.Shape[1] / store.Heads))
        {
            RunDecode(q, store, rows, all, options, z);
        }
        else if (_device.Facts.Capability == Hopper)
        {
            RunHopper(q, store, rows, all, options, z);
        }
        else
        {
            RunMma(q, store, rows, all, options, z);
        }

        RunTaps(q, store, rows, all, options, taps);
    }

    /// <summary>What an attention must do that has no maps in memory.</summary>
    private static KernelWork WholeWork(Tensor q, CudaKeyValueStore store, PackedRows rows, AttentionOptions options) =>
        new((2L * rows.Rows * q.Width * sizeof(float)) + (2 * BytesOf(store, rows)), 4L * store.HeadSize * q.Shape[1] * rows.Pairs(options.Window));
}
