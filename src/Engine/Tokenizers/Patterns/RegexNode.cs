namespace Weir.Engine.Tokenizers;

/// <summary>A part of a parsed pattern.</summary>
internal sealed record RegexNode(RegexNodeKind Kind)
{
    public IReadOnlyList<RegexNode> Parts { get; init; } = [];

    public CharacterSet? Set { get; init; }

    public int Min { get; init; }

    /// <summary>The most repetitions; <see cref="int.MaxValue"/> for any number.</summary>
    public int Max { get; init; }

    /// <summary>Whether fewer repetitions are tried first.</summary>
    public bool Lazy { get; init; }

    /// <summary>Whether it can match without taking a character.</summary>
    public bool CanBeEmpty => Kind switch
    {
        RegexNodeKind.Set => false,
        RegexNodeKind.Sequence => Parts.All(static part => part.CanBeEmpty),
        RegexNodeKind.Choice => Parts.Any(static part => part.CanBeEmpty),
        RegexNodeKind.Repeat => Min == 0 || Parts[0].CanBeEmpty,
        RegexNodeKind.Atomic => Parts[0].CanBeEmpty,
        _ => true,
    };
}
