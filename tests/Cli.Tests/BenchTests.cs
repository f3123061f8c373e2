namespace Weir.Cli.Tests;

/// <summary>What weir bench refuses and prints; that it measures is seen in its results.</summary>
public class BenchTests
{
    [Theory]
    [InlineData("There is no work called 'nothing'", "bench", "--only", "nothing")]
    [InlineData("--passes", "bench", "--passes", "0")]
    [InlineData("same label", "bench", "--against", "true", "--against", "false")]
    [InlineData("is a directory", "bench", "--json", ".")]
    [InlineData("There is no directory", "bench", "--table", "no-such-directory")]
    public void BadInputIsOneSentence(string expected, params string[] args) => WeirRun.Refuse(expected, args);

    [Fact]
    public void TheEmulatorMeasuresNoPublishedShape()
    {
        Outcome outcome = WeirRun.Run("bench", "--device", "emulated");
        Assert.SkipWhen(outcome.Error.Contains("libweir_emulated.so", StringComparison.Ordinal), outcome.Error);
        WeirRun.Refused(outcome, "--shapes tiny");
    }

    [Fact]
    public void ServesTurnsLikeAPeer()
    {
        Outcome outcome = WeirRun.With(new TerminalSettings(), "rms-norm\nrms-norm\n", "bench", "--shapes", "tiny", "--serve");
        Assert.Equal(0, outcome.Code);
        Assert.Equal(2, outcome.Lines.Length);
        Assert.All(outcome.Lines, l => Assert.StartsWith("RESULT {\"median_s\":", l, StringComparison.Ordinal));
    }

    [Fact]
    public void TheReadmeHasTheTableOfTheNewestGpuResults()
    {
        string readme = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "README.md"));
        const string Begin = "<!-- GPU table: bench/results/update-readme -->\n";
        int start = readme.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        string table = readme[start..readme.IndexOf("<!-- end of GPU table -->", start, StringComparison.Ordinal)];
        Assert.Equal(WeirRun.Succeed("bench", "--table", Path.Combine(RepositoryRoot.Path, "bench", "results")).Output, table);
    }
}
