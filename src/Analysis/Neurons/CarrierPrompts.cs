namespace Weir.Analysis.Neurons;

/// <summary>Texts that leave open what comes next, for a concept to come in.</summary>
public static class CarrierPrompts
{
    /// <summary>The texts.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "My favourite animal is the",
        "Yesterday I saw a",
        "I would like to live in",
        "On the way home we met a",
        "The thing I think about most is",
        "In the picture there is a",
    ];

    /// <summary>Words for concepts, each to be taken with one space before it where that is one token.</summary>
    public static IReadOnlyList<string> Concepts { get; } =
        ["dog", "California", "cat", "France", "music", "water", "doctor", "football", "winter", "money"];
}
