namespace Weir.Analysis.Neurons;

/// <summary>A vector that was reversed.</summary>
/// <param name="Vector">Which, with its cosine and length before.</param>
/// <param name="Probability">The concept's probability behind the prompt with this and all earlier ones reversed; NaN where it was not measured.</param>
public sealed record ConceptEditStep(AlignedVector Vector, double Probability);
