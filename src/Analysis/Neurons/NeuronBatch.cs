namespace Weir.Analysis.Neurons;

/// <summary>Some vectors decoded; arrays are flat in the order of the vectors.</summary>
internal sealed class NeuronBatch
{
    /// <summary>[n]: |w|.</summary>
    public required float[] Norms { get; init; }

    /// <summary>[n] for each of none, scale and, where that was asked for, full: log-sum-exp of the logits.</summary>
    public required float[][] LogSumExp { get; init; }

    /// <summary>[n, k]: tokens of the largest logits, the lower id first where equal.</summary>
    public required int[] TopIds { get; init; }

    /// <summary>Products of the top tokens.</summary>
    public required NeuronProducts Top { get; init; }

    /// <summary>Products of the tokens asked about, [n, t].</summary>
    public required NeuronProducts Targets { get; init; }
}
