using Weir.Analysis.Benchmarks;

namespace Weir.Analysis.Tests.Benchmarks;

/// <summary>Peers that stay: what fails in one turn does not reach the next.</summary>
public sealed class PeerSessionTests : IDisposable
{
    private const string Script =
        """
        echo noise; turn=0
        while read -r name; do
            turn=$((turn + 1))
            case $name in
                fails) echo 'RESULT {"missing": "failed: an op went wrong"}' ;;
                cannot) echo 'RESULT {"missing": "n/a: no such unit"}' ;;
                ends) echo "the last word" >&2; exit 3 ;;
                sleeps) sleep 60 ;;
                garbles) echo 'RESULT {' ;;
                *) echo "RESULT {\"median_s\": $turn, \"times_s\": [$turn]}" ;;
            esac
        done
        """;

    private readonly string _script = Path.Combine(Path.GetTempPath(), $"peer-{Guid.NewGuid():N}.sh");

    public PeerSessionTests() => File.WriteAllText(_script, Script);

    public void Dispose() => File.Delete(_script);

    [Fact]
    public void OneProcessAnswersTurnAfterTurn()
    {
        using PeerSession peer = Start();
        Assert.Equal([1, 2, 3], new[] { "a", "b", "c" }.Select(n => peer.Measure(n).Median));
        Measurement cannot = peer.Measure("cannot");
        Assert.Equal(("n/a: no such unit", false), (cannot.Missing, cannot.HasFailed));
        Assert.Equal(5, peer.Measure("d").Median);
    }

    [Theory]
    [InlineData("fails", "failed: an op went wrong")]
    [InlineData("ends", "ended with code 3: the last word")]
    [InlineData("sleeps", "took longer than")]
    [InlineData("garbles", "failed: ")]
    public void AFailureIsTheCasesAndTheNextTurnHasANewProcess(string name, string expected)
    {
        using PeerSession peer = Start(TimeSpan.FromSeconds(name == "sleeps" ? 2 : 60));
        Assert.Equal(1, peer.Measure("a").Median);
        Measurement failed = peer.Measure(name);
        Assert.True(failed.HasFailed);
        Assert.Contains(expected, failed.Missing, StringComparison.Ordinal);
        Assert.Equal(1, peer.Measure("a").Median);
    }

    [Fact]
    public void ACommandThatCannotStartFailsItsCases()
    {
        using var peer = new PeerSession("there-is-no-such-program-here", TimeSpan.FromSeconds(60), CancellationToken.None);
        Assert.True(peer.Measure("a").HasFailed);
    }

    [Fact]
    public void WhoHasFailedHasNoOtherTurn()
    {
        using PeerSession own = Start();
        using PeerSession peer = Start();
        BenchmarkCase work = GpuCases.All[0] with { Name = "a", Peers = [new PeerCase("b"), new PeerCase("cannot")] };
        BenchmarkRow row = Assert.Single(BenchmarkSuite.Run([work], new Contender("Weir", own.Measure), [new Contender("peer", peer.Measure)], 3, _ => { }));
        Assert.Equal([1, 2, 3], row.Ours.Select(m => m.Median));
        Assert.Equal([1, 3, 4], row.Theirs[0].Turns.Select(m => m.Median));
        Assert.Equal("n/a: no such unit", Assert.Single(row.Theirs[1].Turns).Missing);
    }

    private PeerSession Start(TimeSpan? limit = null)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The peers of this test are shell scripts.");
        return new PeerSession($"sh {_script}", limit ?? TimeSpan.FromSeconds(60), CancellationToken.None);
    }
}
