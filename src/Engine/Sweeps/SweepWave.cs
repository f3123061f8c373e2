namespace Weir.Engine.Sweeps;

/// <summary>What one wave of a sweep carries.</summary>
/// <param name="Prompts">Numbers of its prompts, consecutive.</param>
/// <param name="Variants">Numbers of its variants.</param>
public sealed record SweepWave(IReadOnlyList<int> Prompts, IReadOnlyList<int> Variants);
