using Weir.Kernels;

namespace Weir.Analysis.Benchmarks;

/// <summary>One kind of work that is timed here and in a peer.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="PeerCase">The peer script's name for the same work.</param>
/// <param name="What">The work in words.</param>
/// <param name="TimeGoal">Most that our time may be as a share of the peer's.</param>
/// <param name="MemoryGoal">Most that our peak memory may be as a share of the peer's, or null.</param>
/// <param name="BaselineGoal">Most that our time may be as a share of our own baseline's, or null.</param>
/// <param name="Prepare">Makes the work ready on a device.</param>
public sealed record BenchmarkCase(
    string Name, string PeerCase, string What, double TimeGoal, double? MemoryGoal, double? BaselineGoal, Func<IDevice, PreparedWork> Prepare);
