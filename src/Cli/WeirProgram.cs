using System.CommandLine;
using System.CommandLine.Help;
using System.Text;
using System.Text.Json;
using Weir.Cli.Commands;
using Weir.Cli.Options;
using Weir.Cli.Rendering;
using Weir.Kernels;

namespace Weir.Cli;

/// <summary>The program without its process: reads a command line, does the verb's work, turns errors into sentences.</summary>
internal static class WeirProgram
{
    /// <summary>Runs the program; returns its exit code.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="output">The standard output.</param>
    /// <param name="error">The standard error.</param>
    /// <param name="input">Opens the standard input.</param>
    /// <param name="settings">What the output is; null for no terminal.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, Func<TextReader>? input = null, TerminalSettings? settings = null, CancellationToken cancellation = default) =>
        Task.Run(() => Run(args, output, error, input ?? (() => TextReader.Null), settings ?? new TerminalSettings(), cancellation), CancellationToken.None);

    /// <summary>Runs the program on this thread.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, Func<TextReader> input, TerminalSettings settings, CancellationToken cancellation)
    {
        string hint = "weir --help";
        try
        {
            int code = Dispatch(args, new Terminal(output, error, input, settings), cancellation, ref hint);
            output.Flush();
            return code;
        }
        catch (ClosedPipeException)
        {
            return ExitCode.ClosedPipe;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Fail(output, error, "weir: stopped.", ExitCode.Interrupted);
        }
        catch (Exception e)
        {
            if (Environment.GetEnvironmentVariable("WEIR_TRACE") == "1")
            {
                error.WriteLine(e.ToString());
            }

            return Sentence(e) is { } sentence
                ? Fail(output, error, $"weir: {sentence}{(e is UsageException ? $" See '{hint}'." : "")}", ExitCode.UserError)
                : Fail(output, error, $"weir: this is a bug in Weir ({e.GetType().Name}: {OneLine(e.Message)}); please report it with what WEIR_TRACE=1 in the environment adds.", ExitCode.Bug);
        }
    }

    /// <summary>A message without line breaks and other control characters.</summary>
    public static string OneLine(string message)
    {
        var line = new StringBuilder(message.Length);
        foreach (char c in message)
        {
            line.Append(char.IsControl(c) ? ' ' : c);
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>What the user can do something about, in a sentence; null for a bug.</summary>
    public static string? Sentence(Exception e) => e switch
    {
        WeirException => OneLine(e.Message),
        DecoderFallbackException => "the input is not UTF-8 text; convert it first.",
        JsonException => $"a file is not valid JSON: {OneLine(e.Message)}",
        OutOfMemoryException => "the machine has not enough memory for this; use a shorter prompt, a smaller batch or a smaller model.",
        FileNotFoundException f => $"the file {f.FileName} does not exist.",
        IOException or UnauthorizedAccessException => OneLine(e.Message),
        AggregateException { InnerExceptions: [var inner] } => Sentence(inner),
        _ => null,
    };

    private static int Dispatch(string[] args, Terminal terminal, CancellationToken cancellation, ref string hint)
    {
        var globals = new GlobalSettings();
        RootCommand root = CreateRoot(globals);
        args = args is ["help", .. var rest] ? [.. rest, "--help"] : args;
        ParseResult arguments = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        var verb = arguments.CommandResult.Command as Verb;
        hint = verb is null ? "weir --help" : $"weir {verb.FullName} --help";
        if (arguments.Action is HelpAction || args.Length == 0)
        {
            HelpText.Write(terminal, root, verb, globals);
            return ExitCode.Success;
        }

        if (arguments.GetResult("--version") is { } && verb is null)
        {
            terminal.Output.WriteLine(About.Line);
            return ExitCode.Success;
        }

        if (arguments.Errors.Count > 0 || verb is null)
        {
            throw new UsageException(UsageErrors.Describe(arguments, root));
        }

        TerminalSettings settings = terminal.Settings;
        if (globals.NoColor.Get(arguments))
        {
            settings = settings with { Colors = ColorDepth.None };
        }

        terminal = new Terminal(terminal.Output, terminal.Error, terminal.OpenInput, settings) { Quiet = globals.Quiet.Get(arguments) };
        verb.Run(new Session(verb, arguments, globals, args, terminal, cancellation));
        return ExitCode.Success;
    }

    private static RootCommand CreateRoot(GlobalSettings globals)
    {
        var root = new RootCommand("Runs transformer language models and lets you read and change what flows inside them.");
        root.Directives.Clear();
        foreach (Option option in globals.All)
        {
            root.Add(option);
        }

        foreach (Verb verb in Verbs())
        {
            root.Add(verb);
        }

        return root;
    }

    private static Verb[] Verbs() =>
    [
        new InspectCommand(),
        new LensCommand(),
        new PolicyCommand(),
        new GenerateCommand(),
        new CaptureCommand(),
        new TokenizeCommand(),
        new SweepCommand(),
        new NeuronsCommand(),
        new DepthCommand(),
        new RecallCommand(),
        new ParityCommand(),
        new BenchCommand(),
        new DevicesCommand(),
        new KernelsCommand(),
        new ProfileCommand(),
    ];

    private static int Fail(TextWriter output, TextWriter error, string sentence, int code)
    {
        try
        {
            output.Flush();
            error.WriteLine(sentence);
            error.Flush();
        }
        catch (IOException)
        {
            // Nobody is left to tell.
        }

        return code;
    }
}
