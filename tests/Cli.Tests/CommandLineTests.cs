namespace Weir.Cli.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("There is no verb 'lense'; did you mean lens?", "lense", "a")]
    [InlineData("There is no option '--modle' (a prompt that begins with a dash goes after --); did you mean --model?", "lens", "a", "--modle", "x")]
    [InlineData("A verb is missing.", "--quiet")]
    [InlineData("--model needs a value, DIR.", "lens", "a", "--model")]
    [InlineData("A PROMPT is missing.", "lens")]
    [InlineData("EmptyPrompt", "lens", "")]
    [InlineData("EmptyPrompt", "generate", "")]
    [InlineData("does not exist", "lens", "a", "--model", "/nowhere")]
    public void Mistakes_get_a_sentence(string expected, params string[] args) => WeirRun.Refuse(expected, args);

    [Fact]
    public void A_prompt_can_begin_with_signs_of_options()
    {
        Assert.Contains("·5", WeirRun.Succeed("tokenize", "--", "-1 + 5").Output.Replace("·+", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("@", WeirRun.Succeed("tokenize", "@file").Output, StringComparison.Ordinal);
        Assert.Contains("[", WeirRun.Succeed("tokenize", "[diagram] x").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelled_work_ends_with_130()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = WeirProgram.Run(["lens", WeirRun.Prompt], output, error, () => TextReader.Null, new TerminalSettings(), new CancellationToken(canceled: true));
        Assert.Equal(130, code);
        Assert.Equal("weir: stopped.\n", error.ToString());
        Assert.Empty(output.ToString());
    }

    [Fact]
    public void Two_runs_at_once_do_not_mix()
    {
        Outcome[] outcomes = new Outcome[4];
        Parallel.For(0, 4, i => outcomes[i] = WeirRun.Run("tokenize", $"run {i}"));
        Assert.All(outcomes, o => Assert.Equal(0, o.Code));
        Assert.Equal(4, outcomes.Select(o => o.Output).Distinct(StringComparer.Ordinal).Count());
    }
}
