using Weir.Cli.Output;

namespace Weir.Cli.Rendering;

/// <summary>Prints continued texts: one as it is made, several one after another with a line about each.</summary>
/// <param name="terminal">Where they go.</param>
/// <param name="texts">The texts.</param>
/// <param name="withPrompt">True where the prompt stands before its continuation.</param>
internal sealed class ContinuationWriter(Terminal terminal, Continuation[] texts, bool withPrompt)
{
    /// <summary>Prints what comes before a text's continuation.</summary>
    public void Begin(int index)
    {
        if (withPrompt)
        {
            terminal.Output.Write(Ansi.Dim(terminal.Settings.Colors, Safe(texts[index].Prompt)));
            terminal.Output.Flush();
        }
    }

    /// <summary>Prints part of a continuation.</summary>
    public void Stream(string part)
    {
        if (part.Length > 0)
        {
            terminal.Output.Write(Safe(part));
            terminal.Output.Flush();
        }
    }

    /// <summary>Ends a continuation.</summary>
    public void End(int index)
    {
        if (!texts[index].Text.EndsWith('\n'))
        {
            terminal.Output.WriteLine();
        }
    }

    /// <summary>Prints all texts.</summary>
    public void WriteAll()
    {
        for (int i = 0; i < texts.Length; i++)
        {
            string head = $"--- {i + 1} of {texts.Length}, seed {texts[i].Seed}, {texts[i].Ids.Count} tokens, ended by {texts[i].FinishName}";
            terminal.Output.WriteLine(Ansi.Bold(terminal.Settings.Colors, TextWidth.Cut(head, terminal.Settings.Width)));
            Begin(i);
            Stream(texts[i].Text);
            End(i);
        }
    }

    private string Safe(string text) => terminal.Settings.OutputIsTerminal ? TokenText.Harmless(text) : text;
}
