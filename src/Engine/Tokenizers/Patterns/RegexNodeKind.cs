namespace Weir.Engine.Tokenizers;

/// <summary>What a part of a pattern does.</summary>
internal enum RegexNodeKind
{
    /// <summary>One character of a set.</summary>
    Set,

    /// <summary>Its parts, one after another.</summary>
    Sequence,

    /// <summary>The first of its parts that leads to a match.</summary>
    Choice,

    /// <summary>Its part, repeated.</summary>
    Repeat,

    /// <summary>Nothing, where its part matches ahead.</summary>
    Ahead,

    /// <summary>Nothing, where its part does not match ahead.</summary>
    NotAhead,

    /// <summary>Its part, whose first match stands.</summary>
    Atomic,

    /// <summary>Nothing, where a line begins.</summary>
    LineStart,

    /// <summary>Nothing, where a line ends.</summary>
    LineEnd,

    /// <summary>Nothing, where the text begins.</summary>
    TextStart,

    /// <summary>Nothing, where the text ends.</summary>
    TextEnd,
}
