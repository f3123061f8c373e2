namespace Weir.Analysis.Benchmarks;

/// <summary>One kind of work that is timed here and in peers.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="What">The work in words.</param>
/// <param name="Goal">What it must reach.</param>
/// <param name="Prepare">Makes the work ready on a device.</param>
public sealed record BenchmarkCase(string Name, string What, BenchmarkGoal Goal, Func<BenchmarkSetting, PreparedWork> Prepare)
{
    /// <summary>The peer's ways of doing the same work, the one that the goal is set against first.</summary>
    public IReadOnlyList<PeerCase> Peers { get; init; } = [];

    /// <summary>What the work is compared with in our own process, where it is.</summary>
    public string Baseline { get; init; } = "our plain forward";

    /// <summary>The goal in words.</summary>
    public string GoalWords => Goal.Words(Baseline);
}
