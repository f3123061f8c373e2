namespace Weir.Analysis.Recall;

/// <summary>A prompt that ends where its answer would follow.</summary>
/// <param name="Text">The text.</param>
/// <param name="Tokens">Its ids; the last position is where the answer is predicted (END).</param>
/// <param name="Carrier">Which of <see cref="Carriers.All"/> it begins with.</param>
/// <param name="Item">Which of the table's facts it asks for; its prompts go together in resampling and in folds.</param>
/// <param name="TopicPosition">Position of the topic's last token.</param>
/// <param name="TopicId">The topic's first token.</param>
/// <param name="AnswerId">The answer's first token: the one that follows the prompt where text and answer are encoded together.</param>
/// <param name="ContextId">The same of the answer that a counter-factual sentence in front of the prompt gives; null without one.</param>
public sealed record FactPrompt(
    string Text, IReadOnlyList<int> Tokens, int Carrier, int Item, int TopicPosition, int TopicId, int AnswerId, int? ContextId = null);
