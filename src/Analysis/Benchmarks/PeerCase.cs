namespace Weir.Analysis.Benchmarks;

/// <summary>A peer's way of doing a work.</summary>
/// <param name="Name">The peer script's name for it.</param>
/// <param name="What">How it does the work, where there are several ways.</param>
public sealed record PeerCase(string Name, string What = "");
