namespace Weir.Engine.Sweeps;

/// <summary>One number of a cell.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Layer">At which layer; -1 at the output.</param>
/// <param name="Value">The number.</param>
public readonly record struct SweepValue(string Name, int Layer, double Value);
