namespace Weir.Engine.Tokenizers;

/// <summary>A stretch of a text, end exclusive, in UTF-16 units.</summary>
internal readonly record struct TextRange(int Start, int End);
