namespace Weir.Analysis.Recall;

/// <summary>Which prompts are made.</summary>
public sealed record FactPromptOptions
{
    /// <summary>True to keep only topics and answers of one token; else the first token stands for an answer of several.</summary>
    public bool SingleTokens { get; init; } = true;

    /// <summary>Sentences with other facts of the table in front.</summary>
    public int Shots { get; init; }

    /// <summary>True for a sentence in front that gives the topic another item's answer.</summary>
    public bool CounterFactual { get; init; }

    /// <summary>Prompts at most, drawn from all.</summary>
    public int Most { get; init; } = int.MaxValue;

    /// <summary>Draws what is drawn.</summary>
    public int Seed { get; init; }
}
