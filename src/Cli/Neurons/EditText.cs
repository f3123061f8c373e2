namespace Weir.Cli.Neurons;

/// <summary>A text on which an edit is measured.</summary>
/// <param name="Text">The text.</param>
/// <param name="Direction">forward: the concept comes next; reverse: the concept is in it.</param>
/// <param name="Language">Its language, or empty.</param>
/// <param name="Ids">Its token ids.</param>
/// <param name="Token">The next token that is compared.</param>
internal sealed record EditText(string Text, string Direction, string Language, int[] Ids, int Token)
{
    /// <summary>Probability of the token before the edits.</summary>
    public double Before { get; set; } = double.NaN;

    /// <summary>And with them.</summary>
    public double After { get; set; } = double.NaN;

    /// <summary>What the model went on with before.</summary>
    public string ContinuationBefore { get; set; } = "";

    /// <summary>And with the edits.</summary>
    public string ContinuationAfter { get; set; } = "";
}
