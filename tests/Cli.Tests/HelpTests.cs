using Weir.Cli.Rendering;

namespace Weir.Cli.Tests;

public class HelpTests
{
    public static TheoryData<string> Verbs => ["inspect", "lens", "policy", "generate", "capture", "tokenize", "parity", "bench", "devices", "kernels", "profile", "depth"];

    [Fact]
    public void Without_arguments_the_program_shows_its_verbs()
    {
        Outcome outcome = WeirRun.Succeed();
        Assert.All(Verbs, verb => Assert.Contains($"  {verb.Data} ", outcome.Output, StringComparison.Ordinal));
        Assert.Equal(outcome.Output, WeirRun.Succeed("--help").Output);
        Assert.Equal(outcome.Output, WeirRun.Succeed("help").Output);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_verb_has_help_with_examples_and_the_options_of_all(string verb)
    {
        Outcome outcome = WeirRun.Succeed(verb, "--help");
        Assert.Contains("Examples:", outcome.Output, StringComparison.Ordinal);
        Assert.Contains($"  weir {verb}", outcome.Output[outcome.Output.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Contains("--model DIR", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(outcome.Output, WeirRun.Succeed("help", verb).Output);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Help_keeps_to_the_terminal_but_for_examples(string verb)
    {
        string[] lines = WeirRun.OnTerminal(60, ColorDepth.None, verb, "--help").Lines;
        Assert.All(lines.TakeWhile(l => l != "Examples:"), line => Assert.True(line.Length <= 60, line));
    }

    [Fact]
    public void Version_names_the_version_and_the_runtime() => Assert.Matches(@"^weir \d+\.\d+\.\d+.*\.NET 10", WeirRun.Succeed("--version").Output);
}
