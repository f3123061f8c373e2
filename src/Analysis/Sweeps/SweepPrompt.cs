namespace Weir.Analysis.Sweeps;

/// <summary>A prompt of a sweep.</summary>
/// <param name="Text">Its text, or null where it was given as ids.</param>
/// <param name="Tokens">Its token ids, with spaces between them.</param>
public sealed record SweepPrompt(string? Text, string Tokens);
