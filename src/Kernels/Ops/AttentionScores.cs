using System.Runtime.CompilerServices;

namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>First stage of <see cref="Attention"/> alone: the scores, for callers that change them.</summary>
    /// <param name="q">F32 [n, heads, size].</param>
    /// <param name="store">Keys.</param>
    /// <param name="rows">Sequences and positions of the rows.</param>
    /// <param name="options">Scale, cap, window.</param>
    /// <param name="scores">F32 [map], written.</param>
    void AttentionScores(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor scores);
}

internal static partial class Check
{
    public static void AttentionScores(Tensor q, KeyValueStore store, PackedRows rows, Tensor scores)
    {
        int heads = QueryHeads(q, rows.Rows, store);
        WholeMap(scores, rows, heads);
        Room(store, rows);
    }

    private static void WholeMap(Tensor t, PackedRows rows, int heads, [CallerArgumentExpression(nameof(t))] string name = "")
    {
        Floats(t, name);
        Map(t, rows, heads, name);
    }
}
