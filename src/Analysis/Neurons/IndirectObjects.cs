using Weir.Engine.Tokenizers;

namespace Weir.Analysis.Neurons;

/// <summary>
/// Sentences that end before the name of the person who was named once (Wang et al. 2022, arXiv 2211.00593): a task that has
/// nothing to do with most concepts, for what an edit costs elsewhere.
/// </summary>
public static class IndirectObjects
{
    private static readonly string[] Openers = ["Then", "Earlier", "Later"];
    private static readonly string[] Places = ["garden", "school", "restaurant", "station", "store", "office", "house", "hospital"];
    private static readonly string[] Objects = ["kiss", "necklace", "bone", "ring", "drink", "snack", "computer", "basketball"];
    private static readonly string[] Names =
    [
        "Mary", "John", "Tom", "James", "Anna", "Paul", "Mark", "David", "Sarah", "Peter", "Laura", "Kate",
        "Jack", "Emma", "Alice", "Robert", "Michael", "Susan", "Linda", "George", "Henry", "Lucy", "Simon", "Martin",
    ];

    /// <summary>Draws sentences with the name that follows; names that the tokenizer splits are left out.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Draws them.</param>
    /// <returns>The sentences; none where the tokenizer has fewer than two names.</returns>
    public static IReadOnlyList<(string Text, string Answer)> Draw(ITokenizer tokenizer, int count, int seed)
    {
        string[] names = [.. Names.Where(n => tokenizer.Encode($" {n}", addSpecialTokens: false).Length == 1)];
        if (names.Length < 2)
        {
            return [];
        }

        var random = new Random(seed);
        string Of(string[] words) => words[random.Next(words.Length)];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            string a = Of(names), b = Of([.. names.Where(n => n != a)]);
            return ($"{Of(Openers)} {a} and {b} went to the {Of(Places)}. {b} gave a {Of(Objects)} to", $" {a}");
        })];
    }
}
