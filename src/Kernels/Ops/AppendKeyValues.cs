namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>Stores the keys and values of a batch at their positions; the store must have room (Reserve).</summary>
    /// <param name="k">F32 [n, heads, size], rotated; rows may have a stride.</param>
    /// <param name="v">F32 [n, heads, size]; rows may have a stride.</param>
    /// <param name="rows">Sequences and positions of the rows.</param>
    /// <param name="store">Written.</param>
    void AppendKeyValues(Tensor k, Tensor v, PackedRows rows, KeyValueStore store);
}

internal static partial class Check
{
    public static void AppendKeyValues(Tensor k, Tensor v, PackedRows rows, KeyValueStore store)
    {
        Heads(k, rows.Rows, store.Heads, store.HeadSize);
        Heads(v, rows.Rows, store.Heads, store.HeadSize);
        Room(store, rows);
    }
}
