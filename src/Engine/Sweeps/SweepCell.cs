namespace Weir.Engine.Sweeps;

/// <summary>What was measured of one variant on one prompt.</summary>
/// <param name="Prompt">Number of the prompt in the sweep's list.</param>
/// <param name="Variant">Number of the variant in the sweep's list.</param>
/// <param name="Name">The variant's name.</param>
/// <param name="Values">The numbers, in the order in which they were measured.</param>
public sealed record SweepCell(int Prompt, int Variant, string Name, IReadOnlyList<SweepValue> Values);
