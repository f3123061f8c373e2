using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// A strip of query rows (AttentionStrips.cs) goes once over its keys: products with the key blocks by TileKernel, softmax in
// place, products with the values by AttentionTile. Its scores stay in the worker's cache, 14 rows by the keys they see;
// there is no map of all rows. Bits of a row: score and value chains run over head size and keys in order, the softmax sums
// lanes of key blocks aligned at position 0, so that neither the strip, the batch nor the threads show.
//
// Bound: 4 flops a pair of query and key and element of a head. A prompt of 512 tokens, 12 heads of 64: 131 k pairs a head,
// 0.40 Gflop, 1.6 ms on one Zen 5 core at the tile's 250 GFLOP/s; besides 1.6 M exponentials, 17 vector instructions per 16.
// Measured: 2.4 ms on one core (165 GFLOP/s: 0.97 ms scores, 0.45 softmax, 0.90 values, the rest strips), 1.33 ms on two.
// One core, 2048 and 4096 tokens: 180; heads of 128 in groups of four: 190; window of 512: 163; 256-bit vectors 90.
// A single row is bound by the bytes of the store: 12 heads of 64 after 1024 tokens (6 MB, in cache) 58 us, 108 GB/s; after
// 4096, 32 heads on 8 of 128 (34 MB) 29 GB/s.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void Attention(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor z, in AttentionTaps taps = default)
    {
        CpuKeyValueStore from = AttentionStoreOf(store);
        Check.Attention(q, from, rows, z, taps);
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
            Scores = Floats(taps.Scores),
            Pattern = Floats(taps.Pattern),
            Z = Floats(z),
            ZStride = z.RowStride,
        };
        RunStrips(ref body);
    }
}
