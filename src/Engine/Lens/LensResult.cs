namespace Weir.Engine.Lens;

/// <summary>
/// What the lens reads of states [layers, positions]: arrays are flat in that order, with the last dimension named.
/// Arrays that were not asked for are empty.
/// </summary>
public sealed class LensResult
{
    internal LensResult(int states, int positions, LensOptions options)
    {
        States = states;
        Positions = positions;
        TopK = options.TopK;
        TargetCount = options.Targets is { Count: > 0 } t ? t[0].Length : 0;
        int n = checked(states * positions);
        LogSumExp = options.Entropy ? new float[n] : [];
        Entropy = options.Entropy ? new float[n] : [];
        TopIds = new int[checked(n * TopK)];
        TopLogProbabilities = new float[n * TopK];
        BottomIds = options.Bottom ? new int[n * TopK] : [];
        BottomLogProbabilities = options.Bottom ? new float[n * TopK] : [];
        TargetLogProbabilities = new float[n * TargetCount];
        TargetRanks = new int[n * TargetCount];
        Divergence = options.Divergence ? new float[n] : [];
    }

    /// <summary>Number of states for each position (layers).</summary>
    public int States { get; }

    /// <summary>Number of positions.</summary>
    public int Positions { get; }

    /// <summary>Tokens named a row.</summary>
    public int TopK { get; }

    /// <summary>Targets a row.</summary>
    public int TargetCount { get; }

    /// <summary>[states, positions]: log-sum-exp of the logits.</summary>
    public float[] LogSumExp { get; }

    /// <summary>[states, positions]: entropy in nats.</summary>
    public float[] Entropy { get; }

    /// <summary>[states, positions, k]: tokens, most probable first.</summary>
    public int[] TopIds { get; }

    /// <summary>[states, positions, k]: their log-probabilities.</summary>
    public float[] TopLogProbabilities { get; }

    /// <summary>[states, positions, k]: tokens, least probable first.</summary>
    public int[] BottomIds { get; }

    /// <summary>[states, positions, k]: their log-probabilities.</summary>
    public float[] BottomLogProbabilities { get; }

    /// <summary>[states, positions, targets]: log-probabilities of the targets.</summary>
    public float[] TargetLogProbabilities { get; }

    /// <summary>[states, positions, targets]: ids before the target; 0 is the top.</summary>
    public int[] TargetRanks { get; }

    /// <summary>[states, positions]: KL(state || last state) in nats.</summary>
    public float[] Divergence { get; }

    /// <summary>Index of a row in the flat arrays.</summary>
    public int Row(int state, int position) => (state * Positions) + position;

    /// <summary>Share of a row's first tokens that are also among the last state's first at the same position.</summary>
    /// <param name="state">The state.</param>
    /// <param name="position">The position.</param>
    /// <param name="count">How many tokens; at most <see cref="TopK"/>.</param>
    /// <param name="reference">Whose last state; this one's by default.</param>
    public double Overlap(int state, int position, int count, LensResult? reference = null)
    {
        reference ??= this;
        ReadOnlySpan<int> a = TopIds.AsSpan(Row(state, position) * TopK, count);
        ReadOnlySpan<int> b = reference.TopIds.AsSpan(reference.Row(reference.States - 1, position) * reference.TopK, count);
        int common = 0;
        foreach (int id in a)
        {
            common += b.Contains(id) ? 1 : 0;
        }

        return count == 0 ? 0 : (double)common / count;
    }
}
