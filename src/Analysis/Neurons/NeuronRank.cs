namespace Weir.Analysis.Neurons;

/// <summary>What neurons of a token are ordered by.</summary>
public enum NeuronRank
{
    /// <summary>The token's probability, which depends on all of a neuron's products.</summary>
    Probability,

    /// <summary>The product alone, which favours long vectors and tokens.</summary>
    Product,

    /// <summary>The cosine.</summary>
    Cosine,
}
