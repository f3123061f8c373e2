namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>Third stage of <see cref="Attention"/> alone: z = pattern v over the keys at and before each query.</summary>
    /// <param name="pattern">F32 [map].</param>
    /// <param name="store">Values.</param>
    /// <param name="rows">Sequences and positions of the rows.</param>
    /// <param name="window">Number of keys a query sees; 0 for all.</param>
    /// <param name="z">F32 [n, heads, size], written.</param>
    void AttentionMix(Tensor pattern, KeyValueStore store, PackedRows rows, int window, Tensor z);
}

internal static partial class Check
{
    public static void AttentionMix(Tensor pattern, KeyValueStore store, PackedRows rows, Tensor z)
    {
        int heads = QueryHeads(z, rows.Rows, store);
        WholeMap(pattern, rows, heads);
        Room(store, rows);
    }
}
