namespace Weir.Analysis.Neurons;

/// <summary>How many neurons of two checkpoints have the same first token.</summary>
/// <param name="PerLayer">Share of each layer's neurons.</param>
/// <param name="Neurons">Neurons of a layer.</param>
/// <param name="Null">The same share of random vectors through both unembeddings.</param>
/// <param name="NullCount">How many those are.</param>
/// <param name="SharedHead">True where the base's unembedding decoded both.</param>
public sealed record AgreementResult(double[] PerLayer, int Neurons, double Null, int NullCount, bool SharedHead)
{
    /// <summary>The share of all neurons.</summary>
    public double Overall => PerLayer.Average();
}
