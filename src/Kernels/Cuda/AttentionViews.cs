using System.Runtime.InteropServices;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Cuda;

// What the kernels of attention take among their arguments: the twins of kernels/include/attention.cuh.
internal sealed unsafe partial class CudaOps
{
    private static CudaKeyValueStore AttentionStoreOf(KeyValueStore store) =>
        store as CudaKeyValueStore ?? throw new ArgumentException($"A {store.GetType().Name} is not a store of this device.", nameof(store));

    /// <summary>All rows of a batch, which are those of tensors with so many rows, or those that an index names.</summary>
    private BatchRows RowsOf(PackedRows rows, int limit, Tensor index = default)
    {
        RowTables.Table table = _rowTables.Of(rows);
        return new BatchRows
        {
            Offsets = table.Offsets,
            Starts = table.Starts,
            Index = Integers(index),
            Sequences = rows.Sequences,
            Count = rows.Rows,
            Limit = limit,
        };
    }

    private static StoreView ViewOf(CudaKeyValueStore store) => new()
    {
        Keys = (void*)store.KeyAddress,
        Values = (void*)store.ValueAddress,
        Capacity = store.Capacity,
        Heads = store.Heads,
        Size = store.HeadSize,
        Stride = store.KeyStride,
    };

    private static AttentionArguments ArgumentsOf(Tensor q, CudaKeyValueStore store, BatchRows all, AttentionOptions options, Tensor z) => new()
    {
        Q = Floats(q),
        Z = Floats(z),
        StrideQ = q.RowStride,
        StrideZ = z.RowStride,
        Store = ViewOf(store),
        Rows = all,
        Scale = options.Scale,
        Softcap = options.Softcap,
        Group = q.Shape[1] / store.Heads,
        Window = options.Window,
        Wide = IsWide(q) && store.HeadSize % 4 == 0 ? 1 : 0,
    };

    /// <summary>Elements of a head in shared memory, for which there is a kernel.</summary>
    private static int TileSizeOf(CudaKeyValueStore store) => store.HeadSize <= 64 ? 64 : store.HeadSize <= 128 ? 128 : 256;

    /// <summary>Tiles of so many query rows, where each sequence has a row for each token and head of a group.</summary>
    private static int TilesOf(PackedRows rows, BatchRows part, int group, int height)
    {
        int tiles = 0;
        for (int s = 0; s < rows.Sequences; s++)
        {
            int count = Math.Min(rows.Offsets[s + 1], part.First + part.Count) - Math.Max(rows.Offsets[s], part.First);
            tiles += count > 0 ? CeilDiv((long)count * group, height) : 0;
        }

        return tiles;
    }

    /// <summary>Bytes of the keys, or of the values, that a batch reads at least.</summary>
    private static long BytesOf(CudaKeyValueStore store, PackedRows rows)
    {
        long positions = 0;
        for (int s = 0; s < rows.Sequences; s++)
        {
            positions += rows.Length(s) > 0 ? rows.End(s) : 0;
        }

        return positions * store.Heads * store.HeadSize * store.Type.Size();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct StoreView
    {
        public void* Keys, Values;
        public int Capacity, Heads, Size, Stride;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct BatchRows
    {
        public int* Offsets, Starts, Index;
        public int Sequences, First, Count, Limit;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttentionArguments
    {
        public float* Q, Z;
        public long StrideQ, StrideZ;
        public StoreView Store;
        public BatchRows Rows;
        public float Scale, Softcap;
        public int Group, Window, Wide;
    }

    /// <summary>Maps; with a stride [row of the batch part, head, stride], without one flat.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MapView
    {
        public float* Data;
        public long Stride;
    }
}
