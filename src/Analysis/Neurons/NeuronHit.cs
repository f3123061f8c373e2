namespace Weir.Analysis.Neurons;

/// <summary>A neuron found for a token.</summary>
/// <param name="Layer">Its block.</param>
/// <param name="Index">Its number there.</param>
/// <param name="Probability">p of the token behind the reading's norm.</param>
/// <param name="Product">s = W_U w.</param>
/// <param name="Cosine">Of the vector and the token's row.</param>
/// <param name="TokenRank">Tokens before this one in the neuron's own order; 0 is its first.</param>
/// <param name="TopIds">The neuron's own first tokens.</param>
/// <param name="NullShare">Share of random vectors of the same lengths that give the token a smaller probability.</param>
public sealed record NeuronHit(
    int Layer, int Index, double Probability, double Product, double Cosine, int TokenRank, IReadOnlyList<int> TopIds, double NullShare);
