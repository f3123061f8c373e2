using System.CommandLine;

namespace Weir.Cli.Options;

/// <summary>Options that were given and that nothing looks at: whoever gave one believes that it did something.</summary>
internal static class Unused
{
    /// <summary>Refuses those of some options that were given.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="unused">False lets them pass.</param>
    /// <param name="why">What the option belongs to: goes on behind its name.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="UsageException">One was given.</exception>
    public static void Refuse(ParseResult arguments, bool unused, string why, params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
        {
            if (unused && arguments.GetResult(option) is { Implicit: false })
            {
                throw new UsageException($"{option.Name} {why}; leave it away.");
            }
        }
    }
}
