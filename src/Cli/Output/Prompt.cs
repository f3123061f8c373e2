using Weir.Engine;

namespace Weir.Cli.Output;

/// <summary>What a run begins with: a text, or token ids.</summary>
/// <param name="Given">The text, or null.</param>
/// <param name="GivenIds">The ids, or null.</param>
internal sealed record Prompt(string? Given, int[]? GivenIds)
{
    /// <summary>The ids that a model gets.</summary>
    public int[] Encode(Model model) => GivenIds ?? model.Encode(Given!);

    /// <summary>The text; of ids, what they decode to, or themselves where there is no tokenizer.</summary>
    public string Text(Model model) => Given ?? (model.HasTokenizer
        ? model.Tokenizer.Decode(GivenIds, skipSpecialTokens: false)
        : string.Join(' ', GivenIds!.Select(id => $"#{id}")));
}
