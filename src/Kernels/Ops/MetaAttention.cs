namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Causal attention of some rows of a batch among themselves, as learned meta-tokens have it (Shah et al. 2025): for
    /// the rows S of a sequence that the index names, y[S[i]] += sum over j at most i of softmax(a) v[S[j]], with
    /// a = cap(scale q[S[i]] . k[S[j]]). That is dense attention with a mask that is 0 where both rows are in S, and no
    /// result for the other rows; but no such mask is made, and the cost is that of the subset. Rows outside it are neither
    /// read nor changed. Keys and values of the subset go to the store, counted in the subset, so that a later batch goes
    /// on after this one. Query heads read key heads as in <see cref="Attention"/>.
    /// </summary>
    /// <param name="q">F32 [n, heads, size], rotated by the positions in the whole text; rows may have a stride.</param>
    /// <param name="k">F32 [n, key heads, size], rotated likewise; rows may have a stride.</param>
    /// <param name="v">F32 [n, key heads, size]; rows may have a stride.</param>
    /// <param name="index">I32 [m], each in 0 .. n - 1 and once: the subset's rows, in the order of the texts.</param>
    /// <param name="subset">The sequences of these m rows; a start is the number of rows that the store holds already.</param>
    /// <param name="store">Keys and values of the subset; must have room (Reserve).</param>
    /// <param name="options">Scale, cap; window, in rows of the subset.</param>
    /// <param name="y">F32 [n, heads, size], added to; rows may have a stride.</param>
    void MetaAttention(Tensor q, Tensor k, Tensor v, Tensor index, PackedRows subset, KeyValueStore store, AttentionOptions options, Tensor y);
}

internal static partial class Check
{
    public static void MetaAttention(Tensor q, Tensor k, Tensor v, Tensor index, PackedRows subset, KeyValueStore store, Tensor y)
    {
        int n = q.IsAbsent ? 0 : q.Rows;
        int heads = QueryHeads(q, n, store);
        Heads(k, n, store.Heads, store.HeadSize);
        Heads(v, n, store.Heads, store.HeadSize);
        Integers(index, subset.Rows);
        Heads(y, n, heads, store.HeadSize);
        Room(store, subset);
    }
}
