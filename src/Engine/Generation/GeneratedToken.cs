namespace Weir.Engine.Generation;

/// <summary>One step of one continuation, as it is made.</summary>
/// <param name="Sequence">Which prompt.</param>
/// <param name="Id">The token.</param>
/// <param name="Text">Text that has become certain; empty while a character is incomplete or a stop text may follow.</param>
/// <param name="Finish">Why the continuation ended with this token, or null where it goes on.</param>
public readonly record struct GeneratedToken(int Sequence, int Id, string Text, FinishReason? Finish);
