using Weir.Engine.Weights;

namespace Weir.Analysis.Neurons;

/// <summary>A vector of the weights that was changed.</summary>
/// <param name="Old">Its bits before.</param>
/// <param name="New">Its bits after.</param>
public sealed record VectorEdit(StoredVector Old, StoredVector New);
