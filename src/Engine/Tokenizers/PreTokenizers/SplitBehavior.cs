namespace Weir.Engine.Tokenizers;

/// <summary>What becomes of the matches of a pattern that splits.</summary>
internal enum SplitBehavior
{
    /// <summary>They are left out.</summary>
    Removed,

    /// <summary>Each is a part of its own.</summary>
    Isolated,

    /// <summary>Each joins what stands before it.</summary>
    MergedWithPrevious,

    /// <summary>Each joins what follows it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring ones join.</summary>
    Contiguous,
}
