namespace Weir.Kernels.Ops;

/// <summary>Operands and results of <see cref="IOps.Lens"/>. Absent results are not computed.</summary>
public readonly record struct LensArguments
{
    /// <summary>F32 [n, d]: states, normed where the caller wants a norm.</summary>
    public required Tensor States { get; init; }

    /// <summary>[vocabulary, d].</summary>
    public required WeightMatrix Unembedding { get; init; }

    /// <summary>F32 [vocabulary] added to the logits, or absent.</summary>
    public Tensor Bias { get; init; }

    /// <summary>Cap c of the logits, c tanh(x / c), before the temperature; 0 for none.</summary>
    public float Softcap { get; init; }

    /// <summary>Logits are divided by this before the softmax; above 0.</summary>
    public float Temperature { get; init; }

    /// <summary>F32 [n], written: log of the sum of exp of the logits.</summary>
    public Tensor LogSumExp { get; init; }

    /// <summary>F32 [n], written: -sum p ln p, in nats.</summary>
    public Tensor Entropy { get; init; }

    /// <summary>I32 [n, k], written: ids of the largest logits, largest first, the lower id first where equal.</summary>
    public Tensor TopIds { get; init; }

    /// <summary>F32 [n, k], written: log-probabilities of the top ids.</summary>
    public Tensor TopLogProbabilities { get; init; }

    /// <summary>I32 [n, k], written: ids of the smallest logits, smallest first, the lower id first where equal.</summary>
    public Tensor BottomIds { get; init; }

    /// <summary>F32 [n, k], written: log-probabilities of the bottom ids.</summary>
    public Tensor BottomLogProbabilities { get; init; }

    /// <summary>I32 [n, t]: ids asked about, or absent.</summary>
    public Tensor Targets { get; init; }

    /// <summary>F32 [n, t], written: log-probabilities of the targets.</summary>
    public Tensor TargetLogProbabilities { get; init; }

    /// <summary>
    /// I32 [n, t], written: number of ids before the target, those with a larger logit or an equal one and a lower id;
    /// 0 is the top.
    /// </summary>
    public Tensor TargetRanks { get; init; }

    /// <summary>I32 [n]: row of States whose distribution q is this row's reference, or absent.</summary>
    public Tensor References { get; init; }

    /// <summary>F32 [n], written: KL(p || q) = sum p (ln p - ln q), in nats; exactly 0 for a row that is its own reference.</summary>
    public Tensor Divergence { get; init; }

    /// <summary>Length of the lists of largest logits; 0 for none.</summary>
    internal int TopCount => ListCount(TopIds, TopLogProbabilities);

    /// <summary>Length of the lists of smallest logits; 0 for none.</summary>
    internal int BottomCount => ListCount(BottomIds, BottomLogProbabilities);

    /// <summary>Targets of a row; 0 for none.</summary>
    internal int TargetCount => Targets.IsAbsent ? 0 : Targets.Width;

    /// <summary>Whether any result needs the softmax.</summary>
    internal bool NeedsSums => !(LogSumExp.IsAbsent && Entropy.IsAbsent && Divergence.IsAbsent && TopLogProbabilities.IsAbsent
        && BottomLogProbabilities.IsAbsent && TargetLogProbabilities.IsAbsent);

    private static int ListCount(Tensor ids, Tensor logProbabilities) =>
        !ids.IsAbsent ? ids.Width : logProbabilities.IsAbsent ? 0 : logProbabilities.Width;
}
