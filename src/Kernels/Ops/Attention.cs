using System.Runtime.CompilerServices;

namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Causal attention of packed rows over the store: a = cap(scale q . k) for keys at positions p - window + 1 .. p,
    /// z = sum softmax(a) v. Query head h reads key head h / (query heads / key heads). Never holds a whole map unless
    /// a tap asks for it; taps do not change z's bits. In f32 the three stages below give the same bits. Where the store
    /// keeps 16 bits, q and the weights are rounded to its type where they meet it, but for taps and in the three stages
    /// they stay f32.
    /// </summary>
    /// <param name="q">F32 [n, heads, size], rotated; rows may have a stride.</param>
    /// <param name="store">Keys and values, this batch's included.</param>
    /// <param name="rows">Sequences and positions of the rows.</param>
    /// <param name="options">Scale, cap, window.</param>
    /// <param name="z">F32 [n, heads, size], written.</param>
    /// <param name="taps">What else to write.</param>
    void Attention(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor z, in AttentionTaps taps = default);
}

internal static partial class Check
{
    public static void Attention(Tensor q, KeyValueStore store, PackedRows rows, Tensor z, in AttentionTaps taps)
    {
        int heads = QueryHeads(q, rows.Rows, store);
        Heads(z, rows.Rows, heads, store.HeadSize);
        Map(taps.Scores, rows, heads);
        Map(taps.Pattern, rows, heads);
        Room(store, rows);
    }

    /// <summary>F32 [rows, heads, size]; rows may have a stride.</summary>
    private static void Heads(Tensor t, int rows, int heads, int size, [CallerArgumentExpression(nameof(t))] string name = "")
    {
        if (t.IsAbsent || t.Type != ElementType.F32 || t.Shape.Rank != 3 || t.Rows != rows || t.Shape[1] != heads || t.Shape[2] != size)
        {
            Throw(t, $"f32 [{rows}, {heads}, {size}]", name);
        }
    }

    /// <summary>The same with any number of query heads that the store's key heads divide; that number.</summary>
    private static int QueryHeads(Tensor t, int rows, KeyValueStore store, [CallerArgumentExpression(nameof(t))] string name = "")
    {
        int heads = !t.IsAbsent && t.Shape.Rank == 3 ? t.Shape[1] : 0;
        if (heads == 0 || heads % store.Heads != 0)
        {
            Throw(t, $"f32 [{rows}, heads, {store.HeadSize}] with a multiple of {store.Heads} heads", name);
        }

        Heads(t, rows, heads, store.HeadSize, name);
        return heads;
    }

    /// <summary>Absent, or a map of the rows.</summary>
    private static void Map(Tensor t, PackedRows rows, int heads, [CallerArgumentExpression(nameof(t))] string name = "")
    {
        if (!t.IsAbsent && (t.Type != ElementType.F32 || !t.IsContiguous || t.Shape.Count != AttentionMap.Count(rows, heads)))
        {
            Throw(t, $"a contiguous f32 map of {AttentionMap.Count(rows, heads)} elements", name);
        }
    }

    /// <summary>A store with room for the last position of every sequence.</summary>
    private static void Room(KeyValueStore store, PackedRows rows)
    {
        if (rows.Rows == 0)
        {
            return;
        }

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
}
