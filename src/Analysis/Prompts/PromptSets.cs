using System.Globalization;
using Weir.Kernels;

namespace Weir.Analysis.Prompts;

/// <summary>Generators by name.</summary>
public static class PromptSets
{
    /// <summary>The names, each with a count behind a colon or alone.</summary>
    public static IReadOnlyList<string> Names { get; } = ["arithmetic", "word-problems", "expressions", "hops", "sum", "two-hop"];

    /// <summary>
    /// Prompts of a name with a count, such as arithmetic:10; of expressions and hops the count is that of each level. Arithmetic
    /// may name a kind of question and a part of the data: arithmetic/mixed/longer:10.
    /// </summary>
    /// <param name="request">Name and count; 10 where it has no count.</param>
    /// <param name="seed">Draws them.</param>
    /// <param name="instruction">First line of word problems; null for the usual one.</param>
    /// <exception cref="WeirException">There is no such generator, or the count is none.</exception>
    public static IReadOnlyList<PromptItem> Generate(string request, int seed, string? instruction = null)
    {
        string[] words = request.Split(':', 2);
        int count = 10;
        if (words.Length == 2 && (!int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > 100_000))
        {
            throw new WeirException($"InvalidPrompts: '{words[1]}' is no number of prompts from 1 to 100000; write {words[0]}:10.");
        }

        string[] path = words[0].Split('/');
        if (path[0] == "arithmetic" && path.Length <= 3)
        {
            ArithmeticModule[]? modules = path.Length > 1 ? [Named<ArithmeticModule>(path[1])] : null;
            return ArithmeticPrompts.Generate(count, seed, modules, path.Length > 2 ? Named<ArithmeticSplit>(path[2]) : ArithmeticSplit.Train);
        }

        return words[0] switch
        {
            "word-problems" => WordProblems.Generate(count, seed, instruction ?? WordProblems.Instruction),
            "expressions" => ExpressionProblems.Generate(count, seed),
            "hops" => new MultiHopGraph(seed).Questions(count, seed),
            "sum" => [SingleCases.Sum],
            "two-hop" => [SingleCases.TwoHop],
            _ => throw new WeirException($"InvalidPrompts: there is no generator '{words[0]}'; there are {string.Join(", ", Names)}."),
        };
    }

    // Names as the data set spells them, add_or_sub for AddOrSub.
    private static T Named<T>(string name)
        where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName)];
        int at = Array.IndexOf(names, name);
        return at >= 0 ? Enum.GetValues<T>()[at] : throw new WeirException($"InvalidPrompts: arithmetic has no '{name}'; there are {string.Join(", ", names)}.");
    }
}
