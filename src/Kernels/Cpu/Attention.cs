using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// Attention in strips of queries.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Attention(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor z, in AttentionTaps taps = default)
    {
        CpuKeyValueStore from = AttentionStoreOf(store);
        int heads = CheckQueries(q, rows, from, nameof(q));
        CheckHeads(z, rows, heads, from.HeadSize, nameof(z));
        CheckMap(taps.Scores, rows, heads, nameof(taps));
        CheckMap(taps.Pattern, rows, heads, nameof(taps));
        CheckRoom(from, rows);
        var body = new AttentionStrips
        {
            Rows = rows,
            Store = from,
            Options = options,
            Heads = heads,
            Group = heads / from.Heads,
            Size = from.HeadSize,
            Queries = Floats(q),
            QueryStride = q.RowStride,
            Scores = Floats(taps.Scores),
            Pattern = Floats(taps.Pattern),
            Z = Floats(z),
            ZStride = z.RowStride,
        };
        RunStrips(ref body);
    }
}
