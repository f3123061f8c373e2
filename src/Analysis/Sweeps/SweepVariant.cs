namespace Weir.Analysis.Sweeps;

/// <summary>A variant of a sweep as its file names it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Edits">Its edits in words.</param>
public sealed record SweepVariant(string Name, string Edits);
