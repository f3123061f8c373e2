namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Second stage of <see cref="Attention"/> alone: the softmax of each query's keys; 0 for keys
    /// after the query and before its window, whatever their scores say. A row
    /// whose scores are all -infinity, because the caller cut every key, gets weights of 0; NaN or +infinity makes its row NaN.
    /// </summary>
    /// <param name="scores">F32 [map].</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="rows">Sequences and positions of the rows.</param>
    /// <param name="window">Number of keys a query sees; 0 for all.</param>
    /// <param name="pattern">F32 [map], written; may be scores.</param>
    void AttentionPattern(Tensor scores, int heads, PackedRows rows, int window, Tensor pattern);
}

internal static partial class Check
{
    public static void AttentionPattern(Tensor scores, int heads, PackedRows rows, Tensor pattern)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        WholeMap(scores, rows, heads);
        WholeMap(pattern, rows, heads);
    }
}
