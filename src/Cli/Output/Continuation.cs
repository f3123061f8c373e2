using System.Text;
using Weir.Engine.Generation;

namespace Weir.Cli.Output;

/// <summary>A text and what was added to it.</summary>
/// <param name="prompt">The text.</param>
/// <param name="promptIds">Its ids.</param>
/// <param name="seed">Seed of its draws.</param>
internal sealed class Continuation(string prompt, int[] promptIds, long seed)
{
    private readonly StringBuilder _text = new();

    /// <summary>The text.</summary>
    public string Prompt => prompt;

    /// <summary>Its ids.</summary>
    public int[] PromptIds => promptIds;

    /// <summary>Seed of its draws.</summary>
    public long Seed => seed;

    /// <summary>The ids that were added.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>The text that was added.</summary>
    public string Text => _text.ToString();

    /// <summary>Why it ended, in a word.</summary>
    public string FinishName { get; private set; } = "";

    /// <summary>Takes the next token.</summary>
    public void Add(GeneratedToken token)
    {
        Ids.Add(token.Id);
        _text.Append(token.Text);
        FinishName = token.Finish switch
        {
            FinishReason.Length => "length",
            FinishReason.EndToken => "end token",
            FinishReason.StopText => "stop text",
            FinishReason.Context => "full context",
            _ => "",
        };
    }
}
