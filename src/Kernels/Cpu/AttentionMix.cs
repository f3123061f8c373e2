using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// The strips of Attention from their weights on.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AttentionMix(Tensor pattern, KeyValueStore store, PackedRows rows, int window, Tensor z)
    {
        CpuKeyValueStore from = AttentionStoreOf(store);
        Check.AttentionMix(pattern, from, rows, z);
        int heads = z.Shape[1];
        var body = new AttentionStrips
        {
            Rows = rows,
            Store = from,
            Options = new AttentionOptions(Scale: 1, Window: window),
            Heads = heads,
            Group = heads / from.Heads,
            Size = from.HeadSize,
            GivenPattern = Floats(pattern),
            Z = Floats(z),
            ZStride = z.RowStride,
        };
        RunStrips(ref body);
    }
}
