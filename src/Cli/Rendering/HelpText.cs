using System.CommandLine;
using Weir.Cli.Options;

namespace Weir.Cli.Rendering;

/// <summary>Help of the program and of its verbs.</summary>
internal static class HelpText
{
    private const int MostColumns = 100;
    private const int OptionColumn = 24;

    /// <summary>Prints help.</summary>
    public static void Write(Terminal terminal, RootCommand root, Verb? verb, GlobalSettings globals)
    {
        int width = Math.Min(terminal.Settings.Width, MostColumns);
        if (verb is null)
        {
            WriteProgram(terminal, root, globals, width);
        }
        else
        {
            WriteVerb(terminal, verb, globals, width);
        }
    }

    private static void WriteProgram(Terminal terminal, RootCommand root, GlobalSettings globals, int width)
    {
        Paragraph(terminal, root.Description!, width);
        Title(terminal, "Usage");
        terminal.Output.WriteLine("  weir VERB [options]");
        Verbs(terminal, root, width);

        Options(terminal, "Options of every verb", globals.All, width);
        Row(terminal, "--help", "this page; 'weir VERB --help' for a verb", width, OptionColumn);
        Row(terminal, "--version", "version, commit and runtime", width, OptionColumn);
        Examples(terminal, ["weir lens \"The capital of France is\"", "weir generate \"12 + 7 =\" --max-tokens 4", "weir inspect models/demo"]);
    }

    private static void WriteVerb(Terminal terminal, Verb verb, GlobalSettings globals, int width)
    {
        Paragraph(terminal, $"weir {verb.FullName} {verb.Description}.", width);
        Title(terminal, "Usage");
        string arguments = string.Concat(verb.Arguments.Select(a => a.Arity.MaximumNumberOfValues > 1 && verb.TakesMany ? $" [{a.Name}...]" : $" [{a.Name}]"));
        terminal.Output.WriteLine($"  weir {verb.FullName}{(verb is VerbGroup ? " VERB" : arguments)} [options]");
        foreach (Argument argument in verb.Arguments)
        {
            Row(terminal, argument.Name, argument.Description ?? "", width, OptionColumn);
        }

        if (verb.Subcommands.Count > 0)
        {
            Verbs(terminal, verb, width);
        }

        foreach ((string title, Option[] options) in verb.Groups)
        {
            Options(terminal, title, options, width);
        }

        Options(terminal, "Options of every verb", globals.All, width);
        foreach (string paragraph in verb.Notes.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (paragraph.StartsWith(' '))
            {
                int gap = paragraph.IndexOf("  ", paragraph.Length - paragraph.TrimStart().Length, StringComparison.Ordinal);
                Row(terminal, gap < 0 ? paragraph.Trim() : paragraph[..gap].Trim(), gap < 0 ? "" : paragraph[gap..].Trim(), width, OptionColumn);
            }
            else
            {
                terminal.Output.WriteLine();
                Paragraph(terminal, paragraph, width);
            }
        }

        Examples(terminal, verb.Examples);
    }

    private static void Verbs(Terminal terminal, Command whole, int width)
    {
        Title(terminal, "Verbs");
        foreach (Command command in whole.Subcommands)
        {
            Row(terminal, command.Name, command.Description!, width, 12);
        }
    }

    private static void Options(Terminal terminal, string title, Option[] options, int width)
    {
        Title(terminal, title);
        foreach (Option option in options)
        {
            var setting = (ISetting)option;
            string name = option.HelpName is { Length: > 0 } value ? $"{option.Name} {value}" : option.Name;
            string description = (option.Description ?? "")
                + (setting.Repeats ? "; repeatable" : "")
                + (setting.DefaultText is { } text ? $" (default: {text})" : "");
            Row(terminal, name, description, width, OptionColumn);
        }
    }

    private static void Examples(Terminal terminal, IReadOnlyList<string> examples)
    {
        // Not wrapped: they are there to be copied.
        Title(terminal, "Examples");
        foreach (string example in examples)
        {
            terminal.Output.WriteLine($"  {example}");
        }
    }

    private static void Title(Terminal terminal, string title)
    {
        terminal.Output.WriteLine();
        terminal.Output.WriteLine(Ansi.Bold(terminal.Settings.Colors, $"{title}:"));
    }

    private static void Paragraph(Terminal terminal, string text, int width)
    {
        foreach (string line in TextWidth.Wrap(text, width))
        {
            terminal.Output.WriteLine(line);
        }
    }

    private static void Row(Terminal terminal, string left, string right, int width, int column)
    {
        string start = $"  {left}";
        if (right.Length == 0)
        {
            terminal.Output.WriteLine(start);
            return;
        }

        bool below = start.Length > column - 2 || width < column + 24;
        int indent = below && width < column + 24 ? 6 : column;
        if (below)
        {
            terminal.Output.WriteLine(start);
            start = "";
        }

        foreach (string line in TextWidth.Wrap(right, width - indent))
        {
            terminal.Output.WriteLine(start.PadRight(indent) + line);
            start = "";
        }
    }
}
