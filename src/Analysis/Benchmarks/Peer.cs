namespace Weir.Analysis.Benchmarks;

/// <summary>A rival that does the same work.</summary>
/// <param name="Label">Its name in tables.</param>
/// <param name="Command">Its command; see <see cref="PeerProcess"/>.</param>
public sealed record Peer(string Label, string Command);
