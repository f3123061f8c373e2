namespace Weir.Analysis.Policies;

/// <summary>A prompt and an answer to it.</summary>
/// <param name="Prompt">Token ids that the model was given; at least one.</param>
/// <param name="Response">Token ids of the answer, with its end token where it has one; at least one.</param>
public sealed record PolicySample(IReadOnlyList<int> Prompt, IReadOnlyList<int> Response);
