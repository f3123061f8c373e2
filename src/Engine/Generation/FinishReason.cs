namespace Weir.Engine.Generation;

/// <summary>Why a continuation ended.</summary>
public enum FinishReason
{
    /// <summary>The most tokens asked for.</summary>
    Length,

    /// <summary>An end token.</summary>
    EndToken,

    /// <summary>A stop text.</summary>
    StopText,

    /// <summary>The model's context is full.</summary>
    Context,
}
