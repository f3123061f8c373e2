namespace Weir.Analysis.Neurons;

/// <summary>How a concept's vector is looked for. The source only says that noise is added until the concept is probable.</summary>
public sealed record ConceptVectorOptions
{
    /// <summary>What stands between a vector and the unembedding; the model's own final norm by default, since v0 is a residual.</summary>
    public NeuronNorm Norm { get; init; } = NeuronNorm.Full;

    /// <summary>The block behind which v0 is read, or null for the one of the last quarter that gives the concept most.</summary>
    public int? Layer { get; init; }

    /// <summary>Standard deviation of the noise along any direction, in |v0| / sqrt(d).</summary>
    public double Noise { get; init; } = 0.1;

    /// <summary>Vectors tried in a round.</summary>
    public int Candidates { get; init; } = 4096;

    /// <summary>Most rounds; each begins at the best vector so far.</summary>
    public int MostRounds { get; init; } = 10;

    /// <summary>The probability at which it is enough.</summary>
    public double Enough { get; init; } = 0.9;

    /// <summary>Draws the noise.</summary>
    public int Seed { get; init; }
}
