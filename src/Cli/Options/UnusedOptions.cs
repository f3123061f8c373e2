using System.CommandLine;

namespace Weir.Cli.Options;

/// <summary>Options that another choice makes meaningless: they are refused, never left aside in silence.</summary>
internal static class UnusedOptions
{
    /// <summary>True where an option was typed.</summary>
    public static bool IsGiven(ParseResult arguments, Option option) => arguments.GetResult(option) is { Implicit: false };

    /// <summary>Refuses the first of some options that was typed.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="why">What is wrong with it, as it goes on behind the option's name: "belongs to --variants patch".</param>
    /// <param name="options">The options.</param>
    public static void Refuse(ParseResult arguments, string why, params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
        {
            if (IsGiven(arguments, option))
            {
                throw new UsageException($"{option.Name} {why}.");
            }
        }
    }

    /// <summary>The same where a condition holds; the way out is to leave the option away.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="unused">False lets all pass.</param>
    /// <param name="why">See above.</param>
    /// <param name="options">The options.</param>
    public static void Refuse(ParseResult arguments, bool unused, string why, params ReadOnlySpan<Option> options)
    {
        if (unused)
        {
            Refuse(arguments, $"{why}; leave it away", options);
        }
    }
}
