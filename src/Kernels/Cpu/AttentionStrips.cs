using System.Runtime.CompilerServices;
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
        long pairs = 0;
        for (int s = 0; s < rows.Sequences; s++)
        {
            int length = rows.Length(s);
            body.ChunkStarts[s + 1] = body.ChunkStarts[s] + (body.Heads / body.Group * body.Strips(length));
            body.MapStarts[s + 1] = body.MapStarts[s] + ((long)body.Heads * length * rows.End(s));
            long seen = length * (rows.Starts[s] + ((length + 1L) / 2));
            pairs += body.Options.Window == 0 ? seen : Math.Min(seen, (long)length * body.Options.Window);
        }

        long products = 2L * body.Size * pairs * body.Heads;
        long flops = (body.Queries != null ? products : 0) + (body.Z != null ? products : 0);
        _counters.Flops += flops;
        RunAttention(body.ChunkStarts[rows.Sequences], flops + (pairs * body.Heads * 30), ref body);
    }

    private static CpuKeyValueStore AttentionStoreOf(KeyValueStore store) =>
        store as CpuKeyValueStore ?? throw new ArgumentException($"A {store.GetType().Name} is not a store of this device.", nameof(store));

    private static void CheckHeads(Tensor t, PackedRows rows, int heads, int size, string name)
    {
        if (t.Type != ElementType.F32 || t.Shape.Rank != 3 || t.Rows != rows.Rows || t.Shape[1] != heads || t.Shape[2] != size)
        {
            throw new ArgumentException($"{name} is {t.Type.Name()} {t.Shape}, not f32 [{rows.Rows}, {heads}, {size}].", name);
        }
    }

    private static int CheckQueries(Tensor t, PackedRows rows, CpuKeyValueStore store, string name)
    {
        int heads = t.Shape.Rank == 3 ? t.Shape[1] : 0;
        if (heads == 0 || heads % store.Heads != 0)
        {
            throw new ArgumentException($"{name} {t.Shape} does not have a multiple of {store.Heads} heads.", name);
        }

        CheckHeads(t, rows, heads, store.HeadSize, name);
        return heads;
    }

    private static void CheckMap(Tensor t, PackedRows rows, int heads, string name)
    {
        if (!t.IsAbsent && (t.Type != ElementType.F32 || !t.IsContiguous || t.Shape.Count != AttentionMap.Count(rows, heads)))
        {
            throw new ArgumentException($"{name} is {t.Type.Name()} {t.Shape}, not a contiguous f32 map of {AttentionMap.Count(rows, heads)} elements.", name);
        }
    }

    private static void CheckRoom(CpuKeyValueStore store, PackedRows rows)
    {
        if (rows.Sequences > store.Sequences)
        {
            throw new ArgumentException($"The store holds {store.Sequences} sequences, the batch has {rows.Sequences}; reserve room first.", nameof(store));
        }

        for (int s = 0; s < rows.Sequences; s++)
        {
            if (rows.Length(s) > 0 && rows.End(s) > store.Capacity)
            {
                throw new ArgumentException($"Sequence {s} ends at {rows.End(s)}, the store has room for {store.Capacity} positions; reserve room first.", nameof(store));
            }
        }
    }

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
            int* from = stackalloc int[16];
            int* to = stackalloc int[16];
            for (int r = 0; r < rows; r++)
            {
                to[r] = Rows.Starts[s] + ((first + r) / Group) + 1;
                from[r] = Options.Window > 0 ? Math.Max(0, to[r] - Options.Window) : 0;
            }

            int padded = AttentionTile<TSimd, TVector>.Pad(rows);
            int origin = from[0] & ~(KeyBlock - 1);
            long step = padded * KeyBlock;
            long blocks = (to[rows - 1] - origin + KeyBlock - 1) / KeyBlock;
            int valueStride = Store?.ValueStride ?? 0;
            float* acc = Workers.Scratch(worker, (padded * (valueStride + Size + 16L)) + (blocks * step));
            float* packed = acc + (padded * valueStride);
            float* strip = packed + (((padded * Size) + 15) & ~15);

            if (Queries != null)
            {
                Products(s, keyHead, first, rows, padded, origin, (int)blocks, packed, strip);
            }

            for (int r = 0; r < rows; r++)
            {
                float* row = strip + (r * KeyBlock);
                (int token, int member) = Math.DivRem(first + r, Group);
                int keys = Rows.End(s);
                long map = MapStarts[s] + (((((long)keyHead * Group) + member) * Rows.Length(s)) + token) * keys;
                if (GivenPattern != null)
                {
                    AttentionSoftmax<TSimd, TVector>.ReadMap(GivenPattern + map, origin, from[r], to[r], row, step);
                    continue;
                }

                if (GivenScores != null)
                {
                    AttentionSoftmax<TSimd, TVector>.ReadMap(GivenScores + map, origin, from[r], to[r], row, step);
                }

                float most = AttentionSoftmax<TSimd, TVector>.Score(row, step, from[r] - origin, to[r] - origin, Options.Scale, Options.Softcap);
                if (Scores != null)
                {
                    AttentionSoftmax<TSimd, TVector>.WriteMap(row, step, origin, from[r], to[r], Scores + map, keys, float.NegativeInfinity);
                }

                if (Pattern != null || Z != null)
                {
                    AttentionSoftmax<TSimd, TVector>.Normalize(row, step, from[r] - origin, to[r] - origin, most);
                }

                if (Pattern != null)
                {
                    AttentionSoftmax<TSimd, TVector>.WriteMap(row, step, origin, from[r], to[r], Pattern + map, keys, 0);
                }
            }

            if (Z != null)
            {
                Mix(s, keyHead, first, rows, padded, origin, from, to, strip, acc);
            }
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

            // Keys that all rows see go by the tile. The others go row by row: a weight of 0 would not do, because 0
            // times an infinity behind the mask is NaN.
            int common = from[rows - 1], end = to[0];
            if (end <= common)
            {
                (common, end) = (int.MaxValue, 0);
            }

            for (int r = 0; r < rows; r++)
            {
                int stop = Math.Min(common, to[r]);
                if (from[r] < stop)
                {
                    AttentionTile<TSimd, TVector>.MixRow(
                        strip + (r * KeyBlock), step, from[r] - origin, stop - origin, values, stride, acc + (r * stride), Size);
                }
            }

            if (common < end)
            {
                AttentionTile<TSimd, TVector>.Mix(padded, strip, common - origin, end - origin, values, stride, acc, Size);
            }

            for (int r = 0; r < rows; r++)
            {
                if (common < end && end < to[r])
                {
                    AttentionTile<TSimd, TVector>.MixRow(
                        strip + (r * KeyBlock), step, end - origin, to[r] - origin, values, stride, acc + (r * stride), Size);
                }

                (int token, int member) = Math.DivRem(first + r, Group);
                float* z = Z + ((long)(Rows.Offsets[s] + token) * ZStride) + ((((long)keyHead * Group) + member) * Size);
                Unsafe.CopyBlockUnaligned(z, acc + (r * stride), (uint)Size * sizeof(float));
            }
        }
    }
}
