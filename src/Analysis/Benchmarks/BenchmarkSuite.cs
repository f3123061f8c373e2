namespace Weir.Analysis.Benchmarks;

/// <summary>Measures cases turn by turn with their peers, each turn in a process of its own.</summary>
public static class BenchmarkSuite
{
    /// <summary>Measures cases one after another.</summary>
    /// <param name="cases">The cases.</param>
    /// <param name="ours">Command that measures one of ours, given "--case NAME".</param>
    /// <param name="peers">The rivals.</param>
    /// <param name="passes">Turns of each.</param>
    /// <param name="step">Told what runs next.</param>
    /// <param name="cancellation">Ends the running process.</param>
    public static IEnumerable<BenchmarkRow> Run(
        IReadOnlyList<BenchmarkCase> cases, string ours, IReadOnlyList<Peer> peers, int passes, Action<string> step, CancellationToken cancellation)
    {
        foreach (BenchmarkCase work in cases)
        {
            var own = new List<Measurement>();
            var theirs = peers.ToDictionary(p => p.Label, _ => new List<Measurement>(), StringComparer.Ordinal);
            for (int pass = 1; pass <= passes; pass++)
            {
                step($"{work.Name}, pass {pass} of {passes}, Weir");
                own.Add(PeerProcess.Run(ours, work.Name, cancellation));
                foreach (Peer peer in peers)
                {
                    step($"{work.Name}, pass {pass} of {passes}, {peer.Label}");
                    theirs[peer.Label].Add(PeerProcess.Run(peer.Command, work.PeerCase, cancellation));
                }
            }

            yield return new BenchmarkRow(work, own, theirs.ToDictionary(t => t.Key, t => (IReadOnlyList<Measurement>)t.Value, StringComparer.Ordinal));
        }
    }
}
