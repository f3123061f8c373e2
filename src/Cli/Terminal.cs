namespace Weir.Cli;

/// <summary>The program's output, its notes and its input.</summary>
/// <param name="output">Results.</param>
/// <param name="error">Notes and progress.</param>
/// <param name="input">Opens the standard input.</param>
/// <param name="settings">What the output is.</param>
internal sealed class Terminal(TextWriter output, TextWriter error, Func<TextReader> input, TerminalSettings settings)
{
    /// <summary>Results.</summary>
    public TextWriter Output => output;

    /// <summary>Notes and progress.</summary>
    public TextWriter Error => error;

    /// <summary>What the output is.</summary>
    public TerminalSettings Settings => settings;

    /// <summary>True where notes and progress are not wanted.</summary>
    public bool Quiet { get; init; }

    /// <summary>Opens the standard input.</summary>
    public Func<TextReader> OpenInput => input;

    /// <summary>All of the standard input.</summary>
    public string ReadInput()
    {
        using TextReader reader = input();
        return reader.ReadToEnd();
    }

    /// <summary>Says something beside the result.</summary>
    public void Note(string sentence)
    {
        if (!Quiet)
        {
            // What came before stands before it, where both go to one terminal.
            output.Flush();
            error.WriteLine($"weir: note: {WeirProgram.OneLine(sentence)}");
        }
    }
}
