using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// The strips of Attention up to their scores.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AttentionScores(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor scores)
    {
        CpuKeyValueStore from = AttentionStoreOf(store);
        Check.AttentionScores(q, from, rows, scores);
        int heads = q.Shape[1];
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
            Scores = Floats(scores),
        };
        RunStrips(ref body);
    }
}
