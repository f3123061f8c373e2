namespace Weir.Analysis.Neurons;

/// <summary>A direction that names a concept.</summary>
/// <param name="Layer">The block behind which v0 was read.</param>
/// <param name="LayerProbabilities">The concept's probability behind each block; NaN where nobody looked.</param>
/// <param name="Start">v0.</param>
/// <param name="StartProbability">The concept's probability in v0.</param>
/// <param name="Vector">t, the best vector found.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Rounds">Rounds of noise.</param>
public sealed record ConceptVectorResult(
    int Layer, double[] LayerProbabilities, float[] Start, double StartProbability, float[] Vector, double Probability, int Rounds);
