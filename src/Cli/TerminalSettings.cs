using Weir.Cli.Rendering;

namespace Weir.Cli;

/// <summary>What the program writes to.</summary>
internal sealed record TerminalSettings
{
    /// <summary>Columns used where the output is no terminal: wide, so that tables need few blocks, and always the same.</summary>
    public const int FileWidth = 160;

    /// <summary>True where people watch the standard output.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>True where people watch the standard error.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Columns of the output.</summary>
    public int Width { get; init; } = FileWidth;

    /// <summary>Colours of the output.</summary>
    public ColorDepth Colors { get; init; }

    /// <summary>What this process writes to.</summary>
    public static TerminalSettings Detect()
    {
        bool terminal = !Console.IsOutputRedirected;
        return new TerminalSettings
        {
            OutputIsTerminal = terminal,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Width = terminal ? WindowWidth() : FileWidth,
            Colors = terminal ? DetectColors() : ColorDepth.None,
        };
    }

    private static int WindowWidth()
    {
        int width = Console.WindowWidth;
        return width > 0 ? width : 80;
    }

    private static ColorDepth DetectColors()
    {
        string? terminal = Environment.GetEnvironmentVariable("TERM");
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) || terminal == "dumb")
        {
            return ColorDepth.None;
        }

        if (OperatingSystem.IsWindows())
        {
            // It also switches an old console to ANSI codes.
            return Spectre.Console.AnsiConsole.Profile.Capabilities.Ansi ? ColorDepth.True : ColorDepth.None;
        }

        return Environment.GetEnvironmentVariable("COLORTERM") is "truecolor" or "24bit" ? ColorDepth.True : ColorDepth.Palette;
    }
}
