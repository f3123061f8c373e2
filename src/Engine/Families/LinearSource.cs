namespace Weir.Engine.Families;

/// <summary>Where a linear layer y = W x + b stands in the checkpoint.</summary>
/// <param name="InputWidth">Width of x.</param>
/// <param name="OutputWidth">Width of y.</param>
/// <param name="Weight">Slices whose output features, in order, make W.</param>
/// <param name="Bias">Slices that make b, or null.</param>
public sealed record LinearSource(
    int InputWidth, int OutputWidth, IReadOnlyList<OutputSlice> Weight, IReadOnlyList<OutputSlice>? Bias = null);
