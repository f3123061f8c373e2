namespace Weir.Analysis.Recall;

/// <summary>Facts of one relation and the sentence that states them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pattern">The sentence, with {N} for the topic and, at its end, {C} for the answer.</param>
/// <param name="Relation">The noun of the pattern that names the relation, or null where no noun does.</param>
/// <param name="Facts">The facts.</param>
public sealed record FactTable(string Name, string Pattern, string? Relation, IReadOnlyList<Fact> Facts)
{
    /// <summary>Capitals of countries (the task of arXiv 2403.19521).</summary>
    public static FactTable Capitals { get; } = Of(
        "capitals", "the capital of {N} is {C}", "capital",
        "China Beijing|USA Washington|Russia Moscow|England London|France Paris|Japan Tokyo|Italy Rome|Canada Ottawa|Australia Canberra|Spain Madrid|Egypt Cairo|Portugal Lisbon|Austria Vienna|Greece Athens|Thailand Bangkok");

    /// <summary>The built-in tables.</summary>
    public static IReadOnlyList<FactTable> All { get; } =
    [
        Capitals,
        Of("languages", "people in {N} speak {C}", null,
            "France French|Japan Japanese|Italy Italian|Spain Spanish|Russia Russian|China Chinese|Portugal Portuguese|Greece Greek|Thailand Thai|Egypt Arabic|Austria German"),
        Of("currencies", "the currency of {N} is the {C}", "currency", "Japan yen|Russia ruble|Thailand baht|England pound|France euro|USA dollar"),
        Of("symbols", "the chemical symbol of {N} is {C}", null,
            "oxygen O|carbon C|hydrogen H|nitrogen N|iron Fe|gold Au|silver Ag|sodium Na|helium He|copper Cu"),
        Of("products", "the company {N} makes the {C}", null, "Apple iPhone|Microsoft Windows|Sony PlayStation|Google Android|Ford Mustang|Toyota Corolla"),
        Of("landmarks", "the {N} is in the city of {C}", null, "Eiffel Tower Paris|Colosseum Rome|Kremlin Moscow|Acropolis Athens|Prado Madrid|Forbidden City Beijing"),
    ];

    /// <summary>A sentence with a fact, without a full stop and without a capital at its start.</summary>
    public string Sentence(Fact fact) => Pattern.Replace("{N}", fact.Topic, StringComparison.Ordinal).Replace("{C}", fact.Answer, StringComparison.Ordinal);

    // The last word is the answer.
    private static FactTable Of(string name, string pattern, string? relation, string facts) =>
        new(name, pattern, relation, [.. facts.Split('|').Select(f => new Fact(f[..f.LastIndexOf(' ')], f[(f.LastIndexOf(' ') + 1)..]))]);
}
