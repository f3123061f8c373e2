using Weir.Kernels.Cpu.Simd;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cpu;

// The strips that Attention and its three stages share: one body whose steps are present or absent, so that the stages
// cannot differ from the whole. A strip is up to a tile of query rows of one key head of one sequence, (token, head of
// the group) with the head running fastest, and all keys that any of its rows sees.
internal sealed unsafe partial class CpuOps<TSimd, TVector>
{
    private const int KeyBlock = CpuKeyValueStore.Block;

    private readonly AttentionChunks _attentionChunks = new();

    // A parallel region costs a few microseconds; a core does some 100 kflop a microsecond.
    private void RunAttention<TBody>(int chunks, long work, ref TBody body)
        where TBody : struct, IParallelBody
    {
        if (work < 400_000)
        {
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                body.Run(chunk, 0);
            }

            return;
        }

        _workers.For(chunks, ref body);
    }

    private void RunStrips(ref AttentionStrips body)
    {
        PackedRows rows = body.Rows;
        _counters.Ops++;
        if (rows.Rows == 0)
        {
            return;
        }

        body.Workers = _workers;
        body.ChunkStarts = _attentionChunks.Starts(rows.Sequences);
        body.MapStarts = _attentionChunks.Maps(rows.Sequences);
        for (int s = 0; s < rows.Sequences; s++)
        {
            int length = rows.Length(s);
            body.ChunkStarts[s + 1] = body.ChunkStarts[s] + (body.Heads / body.Group * body.Strips(length));
            body.MapStarts[s + 1] = body.MapStarts[s] + ((long)body.Heads * length * rows.End(s));
        }

        long pairs = rows.Pairs(body.Options.Window);
        long products = 2L * body.Size * pairs * body.Heads;
        long flops = (body.Queries != null ? products : 0) + (body.Z != null ? products : 0);
        _counters.Flops += flops;
        RunAttention(body.ChunkStarts[rows.Sequences], flops + (pairs * body.Heads * 30), ref body);
    }

    private static CpuKeyValueStore AttentionStoreOf(KeyValueStore store) =>
        store as CpuKeyValueStore ?? throw new ArgumentException($"A {store.GetType().Name} is not a store of this device.", nameof(store));

    /// <summary>A chunk is one strip. Absent operands leave their steps out.</summary>
    private struct AttentionStrips : IParallelBody
    {
        public PackedRows Rows;
        public CpuKeyValueStore? Store;
        public AttentionOptions Options;
        public int Heads;
        public int Group;
        public int Size;
        public float* Queries;
        public int QueryStride;
        public float* GivenScores;
        public float* GivenPattern;
        public float* Scores;
        public float* Pattern;
        public float* Z;
        public int ZStride;
        public CpuWorkers Workers;
        public int[] ChunkStarts;
        public long[] MapStarts;

        public readonly int Strips(int length) => (int)((((long)length * Group) + TSimd.TileRows - 1) / TSimd.TileRows);

        public readonly void Run(int chunk, int worker)
        {
            int s = AttentionChunks.SequenceOf(ChunkStarts, Rows.Sequences, chunk);
            int strips = Strips(Rows.Length(s));
            (int keyHead, int turn) = Math.DivRem(chunk - ChunkStarts[s], strips);

            // A head's longest strips first: what is left at the end is short.
            int first = (strips - 1 - turn) * TSimd.TileRows;
            int rows = Math.Min(TSimd.TileRows, (Rows.Length(s) * Group) - first);
            int* from = stackalloc int[TileKernel.MaxRows];
            int* to = stackalloc int[TileKernel.MaxRows];
            for (int r = 0; r < rows; r++)
            {
                to[r] = Rows.Starts[s] + ((first + r) / Group) + 1;
                from[r] = Options.Window > 0 ? Math.Max(0, to[r] - Options.Window) : 0;
            }

            int padded = AttentionTile<TSimd, TVector>.Pad(rows);
            int origin = from[0] & ~(KeyBlock - 1);
            long step = padded * KeyBlock;
            int blocks = (to[rows - 1] - origin + KeyBlock - 1) / KeyBlock;
            int valueStride = Store?.ValueStride ?? 0;
            float* acc = Workers.Scratch(worker, (padded * (valueStride + Size + 16L)) + (blocks * step));
            float* packed = acc + (padded * valueStride);
            float* strip = packed + (((padded * Size) + 15) & ~15);

            if (Queries != null)
            {
                Products(s, keyHead, first, rows, padded, origin, blocks, packed, strip);
            }

            // All rows through one step before the next: rows are independent, so that one hides the latency of another.
            float* values = stackalloc float[TileKernel.MaxRows];
            for (int r = 0; r < rows; r++)
            {
                float* row = strip + (r * KeyBlock);
                if (GivenPattern != null || GivenScores != null)
                {
                    float* given = Map(GivenPattern != null ? GivenPattern : GivenScores, s, keyHead, first + r);
                    AttentionSoftmax<TSimd, TVector>.ReadMap(given, origin, from[r], to[r], row, step, blocks);
                }

                if (GivenPattern == null)
                {
                    values[r] = AttentionSoftmax<TSimd, TVector>.Score(row, step, from[r] - origin, to[r] - origin, Options.Scale, Options.Softcap);
                }

                if (Scores != null)
                {
                    AttentionSoftmax<TSimd, TVector>.WriteMap(row, step, origin, from[r], to[r], Map(Scores, s, keyHead, first + r), Rows.End(s), float.NegativeInfinity);
                }
            }

            if (GivenPattern == null && (Pattern != null || Z != null))
            {
                for (int r = 0; r < rows; r++)
                {
                    values[r] = AttentionSoftmax<TSimd, TVector>.Exponentials(strip + (r * KeyBlock), step, from[r] - origin, to[r] - origin, values[r]);
                }

                for (int r = 0; r < rows; r++)
                {
                    AttentionSoftmax<TSimd, TVector>.Normalize(strip + (r * KeyBlock), step, from[r] - origin, to[r] - origin, blocks, values[r]);
                }
            }

            for (int r = 0; r < rows && Pattern != null; r++)
            {
                AttentionSoftmax<TSimd, TVector>.WriteMap(strip + (r * KeyBlock), step, origin, from[r], to[r], Map(Pattern, s, keyHead, first + r), Rows.End(s), 0);
            }

            if (Z != null)
            {
                Mix(s, keyHead, first, rows, padded, origin, from, to, strip, acc);
            }
        }

        /// <summary>A row's place in a map.</summary>
        private readonly float* Map(float* map, int s, int keyHead, int row)
        {
            (int token, int member) = Math.DivRem(row, Group);
            return map + MapStarts[s] + ((((((long)keyHead * Group) + member) * Rows.Length(s)) + token) * Rows.End(s));
        }

        private readonly void Products(int s, int keyHead, int first, int rows, int padded, int origin, int blocks, float* packed, float* strip)
        {
            float* a = packed;
            for (int r = 0; r < rows;)
            {
                // Rows of one stride: the heads of a token, or the tokens of a head that has its keys to itself.
                (int token, int member) = Math.DivRem(first + r, Group);
                int run = Group == 1 ? rows : Math.Min(rows - r, Group - member);
                float* q = Queries + ((long)(Rows.Offsets[s] + token) * QueryStride) + ((((long)keyHead * Group) + member) * Size);
                if (padded == 1)
                {
                    a = q;
                    break;
                }

                Transpose(q, Group == 1 ? QueryStride : Size, run, Size, packed + r, padded);
                r += run;
            }

            float* keys = Store!.Keys(s, keyHead) + ((long)origin * Size);
            for (int b = 0; b < blocks; b++)
            {
                TileKernel<TSimd, TVector>.Multiply(
                    rows, Size, a, padded, keys + ((long)b * KeyBlock * Size), KeyBlock, strip + ((long)b * padded * KeyBlock), KeyBlock, accumulate: false);
            }
        }

        private readonly void Mix(int s, int keyHead, int first, int rows, int padded, int origin, int* from, int* to, float* strip, float* acc)
        {
            int stride = Store!.ValueStride;
            float* values = Store.Values(s, keyHead) + ((long)origin * stride);
            long step = padded * KeyBlock;
            new Span<float>(acc, padded * stride).Clear();

            // The tile runs over the keys of all rows; a row's weight for a key that it does not see is 0. That would not
            // do where such a value is no finite number, so that then the keys that not all rows see go row by row.
            int low = from[0] - origin, common = from[rows - 1] - origin, end = to[0] - origin, high = to[rows - 1] - origin;
            if (rows == 1 || AttentionTile<TSimd, TVector>.AreFinite(values, stride, low, Math.Min(common, high))
                && AttentionTile<TSimd, TVector>.AreFinite(values, stride, Math.Max(end, low), high))
            {
                AttentionTile<TSimd, TVector>.Mix(padded, strip, low, high, values, stride, acc, Size);
            }
            else
            {
                bool shared = common < end;
                for (int r = 0; r < rows; r++)
                {
                    int stop = shared ? common : to[r] - origin;
                    AttentionTile<TSimd, TVector>.MixRow(strip + (r * KeyBlock), step, from[r] - origin, stop, values, stride, acc + (r * stride), Size);
                }

                if (shared)
                {
                    AttentionTile<TSimd, TVector>.Mix(padded, strip, common, end, values, stride, acc, Size);
                    for (int r = 0; r < rows; r++)
                    {
                        AttentionTile<TSimd, TVector>.MixRow(strip + (r * KeyBlock), step, end, to[r] - origin, values, stride, acc + (r * stride), Size);
                    }
                }
            }

            for (int r = 0; r < rows; r++)
            {
                (int token, int member) = Math.DivRem(first + r, Group);
                float* z = Z + ((long)(Rows.Offsets[s] + token) * ZStride) + ((((long)keyHead * Group) + member) * Size);
                AttentionTile<TSimd, TVector>.Store(acc + (r * stride), z, Size);
            }
        }
    }
}
