namespace Weir.Analysis.Prompts;

/// <summary>A generated prompt.</summary>
/// <param name="Text">What the model is given.</param>
/// <param name="Answer">What a perfect model says next, with the space in front of it.</param>
/// <param name="Level">How hard it is, in the generator's own measure: operations, steps or hops; 0 where it has none.</param>
public sealed record PromptItem(string Text, string Answer, int Level);
