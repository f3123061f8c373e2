using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// Moves bytes only: each row of values is copied, each block of 32 keys transposed to [d, 32], four by four in registers.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    public void AppendKeyValues(Tensor k, Tensor v, PackedRows rows, KeyValueStore store)
    {
        CpuKeyValueStore into = AttentionStoreOf(store);
        Check.AppendKeyValues(k, v, rows, into);
        if (rows.Rows == 0)
        {
            return;
        }

        _counters.Ops++;
        RunAppend(Floats(k), k.RowStride, Floats(v), v.RowStride, rows, into);
    }

    private void RunAppend(float* k, int keyStride, float* v, int valueStride, PackedRows rows, CpuKeyValueStore into)
    {
        int[] chunks = _attentionChunks.Starts(rows.Sequences);
        for (int s = 0; s < rows.Sequences; s++)
        {
            int blocks = rows.Length(s) == 0 ? 0 : ((rows.End(s) - 1) / CpuKeyValueStore.Block) - (rows.Starts[s] / CpuKeyValueStore.Block) + 1;
            chunks[s + 1] = chunks[s] + blocks;
        }

        var body = new AppendBody
        {
            Keys = k,
            KeyStride = keyStride,
            Values = v,
            ValueStride = valueStride,
            Rows = rows,
            Store = into,
            ChunkStarts = chunks,
        };
        RunAttention(chunks[rows.Sequences], (long)rows.Rows * into.Heads * into.HeadSize * 16, ref body);
    }

    /// <summary>One chunk: the rows of one sequence that fall into one block of keys, all heads.</summary>
    private struct AppendBody : IParallelBody
    {
        public float* Keys;
        public int KeyStride;
        public float* Values;
        public int ValueStride;
        public PackedRows Rows;
        public CpuKeyValueStore Store;
        public int[] ChunkStarts;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int chunk, int worker)
        {
            int s = AttentionChunks.SequenceOf(ChunkStarts, Rows.Sequences, chunk);
            int block = (Rows.Starts[s] / CpuKeyValueStore.Block) + chunk - ChunkStarts[s];
            int first = Math.Max(Rows.Starts[s], block * CpuKeyValueStore.Block);
            int count = Math.Min(Rows.End(s), (block + 1) * CpuKeyValueStore.Block) - first;
            long row = Rows.Offsets[s] + first - Rows.Starts[s];
            int size = Store.HeadSize;
            for (int h = 0; h < Store.Heads; h++)
            {
                float* k = Keys + (row * KeyStride) + ((long)h * size);
                float* to = Store.Keys(s, h) + ((long)block * CpuKeyValueStore.Block * size) + (first % CpuKeyValueStore.Block);
                Transpose(k, KeyStride, count, size, to, CpuKeyValueStore.Block);

                float* v = Values + (row * ValueStride) + ((long)h * size);
                float* values = Store.Values(s, h) + ((long)first * Store.ValueStride);
                for (int i = 0; i < count; i++)
                {
                    var value = new Span<float>(values + ((long)i * Store.ValueStride), Store.ValueStride);
                    new ReadOnlySpan<float>(v + ((long)i * ValueStride), size).CopyTo(value);
                    value[size..].Clear();
                }
            }
        }
    }

    /// <summary>to[d, r] = from[r, d] for rows of the given stride; also makes the k-major strip of queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* from, long stride, int rows, int width, float* to, int toStride)
    {
        int r = 0;
        while (Sse.IsSupported && rows >= 4 && r < rows)
        {
            // The last four may overlap the four before: they write the same.
            r = Math.Min(r, rows - 4);
            float* x = from + (r * stride);
            int d = 0;
            for (; d + 4 <= width; d += 4)
            {
                Vector128<float> a = Vector128.Load(x + d);
                Vector128<float> b = Vector128.Load(x + stride + d);
                Vector128<float> c = Vector128.Load(x + (2 * stride) + d);
                Vector128<float> e = Vector128.Load(x + (3 * stride) + d);
                Vector128<float> ab = Sse.UnpackLow(a, b);
                Vector128<float> ce = Sse.UnpackLow(c, e);
                Vector128<float> ab2 = Sse.UnpackHigh(a, b);
                Vector128<float> ce2 = Sse.UnpackHigh(c, e);
                float* y = to + ((long)d * toStride) + r;
                Sse.MoveLowToHigh(ab, ce).Store(y);
                Sse.MoveHighToLow(ce, ab).Store(y + toStride);
                Sse.MoveLowToHigh(ab2, ce2).Store(y + (2 * toStride));
                Sse.MoveHighToLow(ce2, ab2).Store(y + (3 * toStride));
            }

            for (; d < width; d++)
            {
                for (int i = 0; i < 4; i++)
                {
                    to[((long)d * toStride) + r + i] = x[(i * stride) + d];
                }
            }

            r += 4;
        }

        for (; r < rows; r++)
        {
            float* x = from + (r * stride);
            for (int d = 0; d < width; d++)
            {
                to[((long)d * toStride) + r] = x[d];
            }
        }
    }
}
