namespace Weir.Analysis.Benchmarks;

/// <summary>Who does the work of the cases: Weir, or a peer.</summary>
/// <param name="Label">Its name in tables.</param>
/// <param name="Measure">Measures one turn of a case by its name for it.</param>
public sealed record Contender(string Label, Func<string, Measurement> Measure);
