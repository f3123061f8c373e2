namespace Weir.Analysis.Neurons;

/// <summary>How many vectors are reversed. Neither count nor threshold is in the source.</summary>
public sealed record ConceptEditOptions
{
    /// <summary>Every vector above this cosine is reversed; null goes one by one, the largest cosine first.</summary>
    public double? Threshold { get; init; }

    /// <summary>One by one: the concept's probability at which it is enough.</summary>
    public double Enough { get; init; } = 0.005;

    /// <summary>Most vectors.</summary>
    public int Most { get; init; } = 32;
}
