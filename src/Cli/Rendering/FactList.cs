namespace Weir.Cli.Rendering;

/// <summary>Names and what they are, one below the other; long values go on below themselves.</summary>
/// <param name="terminal">Where it goes.</param>
/// <param name="column">Column of the values.</param>
internal sealed class FactList(Terminal terminal, int column)
{
    /// <summary>Prints a fact.</summary>
    public void Add(string name, string value)
    {
        string start = name.PadRight(column);
        foreach (string line in TextWidth.Wrap(TokenTextSafe(value), terminal.Settings.Width - column))
        {
            terminal.Output.WriteLine(Ansi.Bold(terminal.Settings.Colors, start) + line);
            start = new string(' ', column);
        }
    }

    private static string TokenTextSafe(string value) => WeirProgram.OneLine(value);
}
