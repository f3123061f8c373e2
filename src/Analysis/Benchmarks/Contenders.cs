namespace Weir.Analysis.Benchmarks;

/// <summary>
/// Starts contenders as processes: on the CPU a new one for each turn, so that its peak of memory is the case's own, on a
/// GPU one that stays, since its models take long to make.
/// </summary>
/// <param name="oneEachTurn">True for a new process each turn.</param>
/// <param name="limit">Longest turn of a process that stays.</param>
/// <param name="cancellation">Ends the processes.</param>
public sealed class Contenders(bool oneEachTurn, TimeSpan limit, CancellationToken cancellation) : IDisposable
{
    private readonly List<PeerSession> _sessions = [];

    /// <summary>A contender by its command.</summary>
    public Contender Of(Peer peer)
    {
        if (oneEachTurn)
        {
            return new Contender(peer.Label, name => PeerProcess.Run(peer.Command, name, cancellation));
        }

        var session = new PeerSession(peer.Command, limit, cancellation);
        _sessions.Add(session);
        return new Contender(peer.Label, session.Measure);
    }

    /// <inheritdoc/>
    public void Dispose() => _sessions.ForEach(s => s.Dispose());
}
