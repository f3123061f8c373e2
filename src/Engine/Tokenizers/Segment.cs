namespace Weir.Engine.Tokenizers;

/// <summary>
/// A part of the text on its way to the model: characters still to be encoded, or an added token already found.
/// </summary>
/// <param name="Start">Where its characters begin in the buffer.</param>
/// <param name="Length">How many UTF-16 units it has.</param>
/// <param name="Token">The added token's id, or -1 for text.</param>
/// <param name="Leading">How many of its first UTF-16 units stem from the first character of the input.</param>
internal readonly record struct Segment(int Start, int Length, int Token, int Leading);
