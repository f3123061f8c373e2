using System.Globalization;
using Weir.Kernels;

namespace Weir.Analysis.Prompts;

/// <summary>Generators by name.</summary>
public static class PromptSets
{
    /// <summary>The names, each with a count behind a colon or alone.</summary>
    public static IReadOnlyList<string> Names { get; } = ["arithmetic", "word-problems", "expressions", "hops", "sum", "two-hop"];

    /// <summary>Prompts of a name with a count, such as arithmetic:10; of expressions and hops the count is that of each level.</summary>
    /// <param name="request">Name and count; 10 where it has no count.</param>
    /// <param name="seed">Draws them.</param>
    /// <exception cref="WeirException">There is no such generator, or the count is none.</exception>
    public static IReadOnlyList<PromptItem> Generate(string request, int seed)
    {
        string[] words = request.Split(':', 2);
        int count = 10;
        if (words.Length == 2 && (!int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > 100_000))
        {
            throw new WeirException($"InvalidPrompts: '{words[1]}' is no number of prompts from 1 to 100000; write {words[0]}:10.");
        }

        return words[0] switch
        {
            "arithmetic" => ArithmeticPrompts.Generate(count, seed),
            "word-problems" => WordProblems.Generate(count, seed),
            "expressions" => ExpressionProblems.Generate(count, seed),
            "hops" => new MultiHopGraph(seed).Questions(count, seed),
            "sum" => [SingleCases.Sum],
            "two-hop" => [SingleCases.TwoHop],
            _ => throw new WeirException($"InvalidPrompts: there is no generator '{words[0]}'; there are {string.Join(", ", Names)}."),
        };
    }
}
