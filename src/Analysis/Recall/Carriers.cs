namespace Weir.Analysis.Recall;

/// <summary>What a sentence with a fact begins with.</summary>
public static class Carriers
{
    /// <summary>The beginnings; the first is none.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "", "It is well known that", "Everyone here knows that",
        "As we learned in school,", "The map clearly shows that", "According to the atlas,",
        "My teacher told me that", "I am quite sure that", "In this book we read that",
        "The guide explained that", "Please remember that", "For the record,",
        "The right answer was that", "One simple fact is that", "The quiz confirmed that",
    ];
}
