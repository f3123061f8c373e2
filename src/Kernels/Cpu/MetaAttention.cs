using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// The subset's rows, gathered, are a batch like any other: AppendKeyValues and the strips of Attention do the rest. What is
// moved besides, some 16 bytes an element of the subset, is little beside its attention.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void MetaAttention(Tensor q, Tensor k, Tensor v, Tensor index, PackedRows subset, KeyValueStore store, AttentionOptions options, Tensor y)
    {
        CpuKeyValueStore into = AttentionStoreOf(store);
        Check.MetaAttention(q, k, v, index, subset, into, y);
        CheckRange(index, 0, q.Rows);
        int rows = subset.Rows, heads = q.Shape[1];
        float* queries = _workers.SharedScratch((long)rows * 2 * (q.Width + k.Width));
        float* z = queries + ((long)rows * q.Width);
        float* keys = z + ((long)rows * q.Width);
        float* values = keys + ((long)rows * k.Width);
        Gather(q, index, queries);
        Gather(k, index, keys);
        Gather(v, index, values);
        RunAppend(keys, k.Width, values, v.Width, subset, into);
        var body = new AttentionStrips
        {
            Rows = subset,
            Store = into,
            Options = options,
            Heads = heads,
            Group = heads / into.Heads,
            Size = into.HeadSize,
            Queries = queries,
            QueryStride = q.Width,
            Z = z,
            ZStride = q.Width,
        };
        RunStrips(ref body);
        var add = new ScatterAddBody { X = z, Indices = Integers(index), Y = Floats(y), StrideY = y.RowStride, Width = y.Width };
        RowLoop<ScatterAddBody>.Run(_workers, rows, y.Width * 12L, add);
    }

    private void Gather(Tensor x, Tensor index, float* y)
    {
        var body = new GatherRowsBody
        {
            X = Floats(x),
            Indices = Integers(index),
            Y = y,
            StrideX = x.RowStride,
            StrideY = x.Width,
            Width = x.Width,
        };
        RowLoop<GatherRowsBody>.Run(_workers, (int)index.Shape.Count, x.Width * 8L, body);
    }

    private struct ScatterAddBody : IRowBody
    {
        public float* X;
        public int* Indices;
        public float* Y;
        public long StrideY;
        public int Width;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                float* y = Y + (Indices[row] * StrideY);
                ElementwiseRow(default(Sum), y, X + ((long)row * Width), y, Width);
            }
        }
    }
}
