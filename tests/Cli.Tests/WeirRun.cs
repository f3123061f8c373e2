using Weir.Cli.Rendering;

namespace Weir.Cli.Tests;

/// <summary>Runs the program inside the test, and what tests need around it.</summary>
internal static class WeirRun
{
    /// <summary>A prompt that the demo model knows how to go on with.</summary>
    public const string Prompt = "The capital of France is";

    /// <summary>The demo model beside the tests.</summary>
    public static string Demo => Path.Combine(AppContext.BaseDirectory, "models", "demo");

    /// <summary>Runs a command line with its output to a file.</summary>
    public static Outcome Run(params string[] args) => With(new TerminalSettings(), "", args);

    /// <summary>Runs a command line on a terminal of so many columns.</summary>
    public static Outcome OnTerminal(int width, ColorDepth colors, params string[] args) =>
        With(new TerminalSettings { OutputIsTerminal = true, Width = width, Colors = colors }, "", args);

    /// <summary>Runs a command line with a standard input.</summary>
    public static Outcome With(TerminalSettings settings, string input, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = WeirProgram.Run(args, output, error, () => new StringReader(input), settings, TestContext.Current.CancellationToken);
        return new Outcome(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command line that must work.</summary>
    public static Outcome Succeed(params string[] args)
    {
        Outcome outcome = Run(args);
        Assert.True(outcome.Code == 0, $"weir {string.Join(' ', args)} ended with {outcome.Code}: {outcome.Error}");
        return outcome;
    }

    /// <summary>Runs a command line that must be refused with one sentence that holds a text.</summary>
    public static string Refuse(string expected, params string[] args) => Refused(Run(args), expected);

    /// <summary>Checks a refusal: code 2, one line on the standard error, nothing of a stack trace.</summary>
    public static string Refused(Outcome outcome, string expected)
    {
        string[] lines = [.. outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith("weir: note: ", StringComparison.Ordinal))];
        Assert.True(outcome.Code == 2, $"code {outcome.Code}: {outcome.Error}");
        string line = Assert.Single(lines);
        Assert.StartsWith("weir: ", line, StringComparison.Ordinal);
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", outcome.Error, StringComparison.Ordinal);
        return line;
    }
}

/// <summary>What a run left.</summary>
internal sealed record Outcome(int Code, string Output, string Error)
{
    /// <summary>The output's lines.</summary>
    public string[] Lines => Output.TrimEnd('\n').Split('\n');
}
