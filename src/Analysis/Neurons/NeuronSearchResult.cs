namespace Weir.Analysis.Neurons;

/// <summary>A token in every neuron of a model. Arrays are flat, neuron layer * neurons a layer + index.</summary>
public sealed class NeuronSearchResult
{
    /// <summary>The token.</summary>
    public required int Token { get; init; }

    /// <summary>How vectors were decoded.</summary>
    public required NeuronReading Reading { get; init; }

    /// <summary>Neurons of a layer.</summary>
    public required int Neurons { get; init; }

    /// <summary>[neurons]: p of the token behind the reading's norm.</summary>
    public required double[] Probabilities { get; init; }

    /// <summary>[neurons]: s = W_U w.</summary>
    public required float[] Products { get; init; }

    /// <summary>[neurons]: cosine with the token's row.</summary>
    public required float[] Cosines { get; init; }

    /// <summary>The first neurons in the order asked for.</summary>
    public IReadOnlyList<NeuronHit> Best { get; internal set; } = [];

    /// <summary>The token's probability in random vectors, ascending.</summary>
    public required double[] NullProbabilities { get; init; }

    /// <summary>All neurons in an order, the lower number first where equal.</summary>
    public int[] Order(NeuronRank rank)
    {
        int[] order = [.. Enumerable.Range(0, Products.Length)];
        return rank switch
        {
            NeuronRank.Probability => [.. order.OrderByDescending(i => Probabilities[i])],
            NeuronRank.Product => [.. order.OrderByDescending(i => Products[i])],
            _ => [.. order.OrderByDescending(i => Cosines[i])],
        };
    }
}
