using System.CommandLine;
using System.CommandLine.Parsing;

namespace Weir.Cli;

/// <summary>What is wrong with a command line, in one sentence.</summary>
internal static class UsageErrors
{
    /// <summary>The first fault.</summary>
    public static string Describe(ParseResult arguments, RootCommand root)
    {
        bool isRoot = arguments.CommandResult.Command == root;
        string? stray = arguments.UnmatchedTokens.Count > 0 ? arguments.UnmatchedTokens[0] : null;
        if (stray is not null && stray.StartsWith('-') && stray.Length > 1)
        {
            return UnknownOption(stray, arguments);
        }

        if (stray is not null && isRoot)
        {
            return $"There is no verb '{stray}'{Guess(stray, root.Subcommands.Select(c => c.Name))}";
        }

        if (arguments.CommandResult.Command is VerbGroup group)
        {
            return stray is null ? MissingPart(group) : $"'weir {group.FullName}' has no verb '{stray}'{Guess(stray, group.Subcommands.Select(c => c.Name))}";
        }

        if (stray is not null)
        {
            return $"'{stray}' is one argument too many; a prompt with spaces stands in quotes.";
        }

        if (arguments.Errors.Count == 0)
        {
            return "A verb is missing.";
        }

        ParseError error = arguments.Errors[0];
        return error.SymbolResult is OptionResult { Option: var option } result
            ? result.Tokens.Count > 1 ? $"{option.Name} is given {result.Tokens.Count} times, but takes one {option.HelpName}."
                : $"{option.Name} needs a value, {option.HelpName}."
            : isRoot && error.Message.Contains("command", StringComparison.OrdinalIgnoreCase) ? "A verb is missing."
            : error.Message.TrimEnd('.') + ".";
    }

    /// <summary>What to say where a verb of verbs is given alone.</summary>
    public static string MissingPart(VerbGroup group) =>
        $"'weir {group.FullName}' needs one of its verbs: {string.Join(", ", group.Subcommands.Select(c => c.Name))}.";

    /// <summary>What to say to an option that is none.</summary>
    public static string UnknownOption(string typed, ParseResult arguments)
    {
        IEnumerable<string> names = arguments.CommandResult.Command.Options.Concat(arguments.RootCommandResult.Command.Options).Select(o => o.Name);
        return $"There is no option '{typed}' (a prompt that begins with a dash goes after --){Guess(typed, names)}";
    }

    private static string Guess(string typed, IEnumerable<string> names)
    {
        string? best = null;
        int least = 3;
        foreach (string name in names)
        {
            int distance = Distance(typed, name);
            if (distance < least || (best is null && name.StartsWith(typed, StringComparison.Ordinal)))
            {
                best = name;
                least = distance;
            }
        }

        return best is null ? "." : $"; did you mean {best}?";
    }

    // Letters put in, left out or changed; two that changed places are one mistake (optimal string alignment).
    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                d[i, j] = i == 0 || j == 0 ? i + j
                    : Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
