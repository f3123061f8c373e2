namespace Weir.Analysis.Benchmarks;

/// <summary>Measures cases turn by turn with their peers.</summary>
public static class BenchmarkSuite
{
    /// <summary>Measures cases one after another.</summary>
    /// <param name="cases">The cases; asked for one when its turn has come.</param>
    /// <param name="ours">Weir.</param>
    /// <param name="peers">The rivals.</param>
    /// <param name="turns">Turns of each. Who has failed or cannot do a case has no other turn at it.</param>
    /// <param name="step">Told what runs next.</param>
    public static IEnumerable<BenchmarkRow> Run(
        IEnumerable<BenchmarkCase> cases, Contender ours, IReadOnlyList<Contender> peers, int turns, Action<string> step)
    {
        foreach (BenchmarkCase work in cases)
        {
            var own = new List<Measurement>();
            (Contender Peer, PeerCase Case, List<Measurement> Turns)[] theirs =
                [.. peers.SelectMany(p => work.Peers.Select(c => (p, c, new List<Measurement>())))];
            for (int turn = 1; turn <= turns; turn++)
            {
                Take(ours, work.Name, own, $"{work.Name}, turn {turn} of {turns}", step);
                foreach ((Contender peer, PeerCase peerCase, List<Measurement> taken) in theirs)
                {
                    Take(peer, peerCase.Name, taken, $"{work.Name}, turn {turn} of {turns}", step);
                }
            }

            yield return new BenchmarkRow(work, own, [.. theirs.Select(t => new PeerRuns(t.Peer.Label, t.Case, t.Turns))]);
        }
    }

    private static void Take(Contender contender, string name, List<Measurement> taken, string what, Action<string> step)
    {
        if (taken is [.., { Missing: not null }])
        {
            return;
        }

        step($"{what}, {contender.Label}");
        Measurement measured = contender.Measure(name);
        if (measured.Missing is not null)
        {
            taken.Clear();
        }

        taken.Add(measured);
    }
}
