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
