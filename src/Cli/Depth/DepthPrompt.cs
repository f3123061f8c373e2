using Weir.Analysis.Prompts;
using Weir.Cli.Output;
using Weir.Engine;

namespace Weir.Cli.Depth;

/// <summary>A prompt with its answer, as token ids.</summary>
/// <param name="Text">The prompt's text.</param>
/// <param name="Answer">The answer's text, or null.</param>
/// <param name="Level">How hard it is, by its generator; 0 for what was given.</param>
/// <param name="Ids">Token ids of both, one behind the other; each is encoded on its own.</param>
/// <param name="AnswerStart">Place of the answer's first token; the number of tokens where there is none.</param>
internal sealed record DepthPrompt(string Text, string? Answer, int Level, int[] Ids, int AnswerStart)
{
    /// <summary>Positions whose next-token distributions make the answer; of a prompt without one, the last.</summary>
    public Range Answering => Answer is null ? ^1.. : (AnswerStart - 1)..^1;

    /// <summary>Encodes a prompt that the user gave.</summary>
    public static DepthPrompt Of(Model model, Prompt prompt, string? answer) => Of(model, prompt.Encode(model), prompt.Text(model), answer, 0);

    /// <summary>Encodes a generated prompt.</summary>
    public static DepthPrompt Of(Model model, PromptItem item) => Of(model, model.Encode(item.Text), item.Text, item.Answer, item.Level);

    /// <summary>Encodes a text without an answer.</summary>
    public static DepthPrompt Of(Model model, string text) => Of(model, model.Encode(text), text, null, 0);

    private static DepthPrompt Of(Model model, int[] ids, string text, string? answer, int level) =>
        new(text, answer, level, answer is null ? ids : [.. ids, .. model.Tokenizer.Encode(answer, addSpecialTokens: false)], ids.Length);
}
