namespace Weir.Analysis.Benchmarks;

/// <summary>What a peer took for a case in one of its ways.</summary>
/// <param name="Label">The peer.</param>
/// <param name="Case">Its way of doing the work.</param>
/// <param name="Turns">Its turns; one alone where it has no times.</param>
public sealed record PeerRuns(string Label, PeerCase Case, IReadOnlyList<Measurement> Turns)
{
    /// <summary>Name in tables.</summary>
    public string Name => Case.What.Length == 0 ? Label : $"{Label}, {Case.What}";
}
