namespace Weir.Engine.Tokenizers;

/// <summary>An instruction of a compiled pattern, see <see cref="RegexOperation"/>.</summary>
internal readonly record struct RegexInstruction(RegexOperation Operation, int First = 0, int Second = 0, CharacterSet? Set = null);
