namespace Weir.Engine.Tokenizers;

/// <summary>What an instruction of a compiled pattern does.</summary>
internal enum RegexOperation
{
    /// <summary>Takes one character of the set.</summary>
    Set,

    /// <summary>Takes at least First, at most Second characters of the set, as many as it can; then fewer.</summary>
    Run,

    /// <summary>Goes on at First; if that fails, at Second.</summary>
    Fork,

    /// <summary>Goes on at First.</summary>
    Jump,

    /// <summary>Goes on at Second where the instructions from the next one on match here, without taking anything.</summary>
    Ahead,

    /// <summary>Goes on at Second where they do not match.</summary>
    NotAhead,

    /// <summary>Goes on at Second behind what they match.</summary>
    Atomic,

    /// <summary>Goes on where a line begins.</summary>
    LineStart,

    /// <summary>Goes on where a line ends.</summary>
    LineEnd,

    /// <summary>Goes on where the text begins.</summary>
    TextStart,

    /// <summary>Goes on where the text ends.</summary>
    TextEnd,

    /// <summary>Ends a match.</summary>
    Match,
}
