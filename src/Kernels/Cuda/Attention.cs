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
        if (rows.Rows == 0)
        {
            return;
        }

        if (!TakesMma(from, options))
        {
            RunStages(q, from, rows, options, z, taps);
            return;
        }

        if (_device.Facts.Capability == Hopper)
        {
            RunHopper(q, from, rows, options, z);
        }
        else
        {
            RunMma(q, from, rows, options, z);
        }

        RunTaps(q, from, rows, options, taps);
    }
}
