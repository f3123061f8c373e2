using Weir.Analysis.Benchmarks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Benchmarks;

/// <summary>Peers are commands; what they do wrong is one sentence.</summary>
public sealed class PeerProcessTests
{
    private const string Result = """RESULT {"median_s": 0.5, "times_s": [0.25, 0.5, 0.75], "peak_rss_mib": 12.5}""";

    [Fact]
    public void ItsResultLineIsRead()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The peers of this test are shell scripts.");
        string script = Path.Combine(Path.GetTempPath(), $"peer-{Guid.NewGuid():N}.sh");
        try
        {
            File.WriteAllText(script, $"echo warming up\necho \"$1 $2\" >&2\n[ \"$2\" = good ] && echo '{Result}'\nexit 0\n");
            Measurement m = PeerProcess.Run($"sh \"{script}\"", "good", CancellationToken.None);
            Assert.Equal((0.5, 12.5, 3), (m.Median, m.PeakMemory, m.Times.Count));
            WeirException error = Assert.Throws<WeirException>(() => PeerProcess.Run($"sh {script}", "bad", CancellationToken.None));
            Assert.Contains("printed no RESULT line", error.Message, StringComparison.Ordinal);
            Assert.Contains("--case bad", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(script);
        }
    }

    [Theory]
    [InlineData("there-is-no-such-program-here")]
    [InlineData(" ")]
    public void ACommandThatCannotStartIsOneSentence(string command) =>
        Assert.Throws<WeirException>(() => PeerProcess.Run(command, "x", CancellationToken.None));

    [Fact]
    public void OurOwnLineIsWhatPeersPrint()
    {
        string line = PeerProcess.ResultLine(new Measurement { Median = 1.5, Times = [1.5], PeakMemory = 3 });
        Assert.StartsWith("RESULT {", line, StringComparison.Ordinal);
        Assert.Contains("\"median_s\":1.5", line, StringComparison.Ordinal);
    }
}
