namespace Weir.Analysis.Benchmarks;

/// <summary>How large the cases are.</summary>
public enum BenchmarkShapes
{
    /// <summary>The shapes of published models.</summary>
    True,

    /// <summary>Small ones, to see that every case runs; their times say nothing.</summary>
    Tiny,
}
