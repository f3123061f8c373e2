namespace Weir.Cli.Tests;

/// <summary>What weir bench refuses; that it measures is seen in its results.</summary>
public class BenchTests
{
    [Theory]
    [InlineData("There is no work called 'nothing'", "bench", "--only", "nothing")]
    [InlineData("--passes", "bench", "--passes", "0")]
    [InlineData("same label", "bench", "--against", "true", "--against", "false")]
    [InlineData("is a directory", "bench", "--json", ".")]
    public void BadInputIsOneSentence(string expected, params string[] args) => WeirRun.Refuse(expected, args);
}
