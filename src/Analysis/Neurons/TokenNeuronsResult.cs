namespace Weir.Analysis.Neurons;

/// <summary>The first neurons of every token.</summary>
/// <param name="Rank">What they are ordered by.</param>
/// <param name="TopK">Neurons of a token.</param>
/// <param name="Neurons">[vocabulary, k]: layer * neurons a layer + index.</param>
/// <param name="Values">[vocabulary, k]: ln p behind the reading's norm, s, or the cosine.</param>
public sealed record TokenNeuronsResult(NeuronRank Rank, int TopK, int[] Neurons, double[] Values);
