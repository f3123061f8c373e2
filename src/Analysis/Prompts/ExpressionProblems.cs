using System.Globalization;
using System.Text;

namespace Weir.Analysis.Prompts;

/// <summary>
/// Simplifying a nested expression in x, in the form in which Csordas et al. 2025 give MATH to a model: "Problem: ...\nAnswer:",
/// its answer " " and a solution that goes from the inside out. The level, 1 to 5, is the number of nested operations.
/// </summary>
public static class ExpressionProblems
{
    /// <summary>Draws prompts.</summary>
    /// <param name="perLevel">How many of each level.</param>
    /// <param name="seed">The same seed gives the same prompts; 42 is the paper's for the order of its data.</param>
    public static IReadOnlyList<PromptItem> Generate(int perLevel, int seed)
    {
        var random = new Random(seed);
        return [.. from level in Enumerable.Range(1, 5) from _ in Enumerable.Range(0, perLevel) select One(random, level)];
    }

    private static PromptItem One(Random random, int level)
    {
        (long a, long b) = (random.Next(1, 10), random.Next(-9, 10));
        string text = Linear(a, b);
        var solution = new StringBuilder();
        for (int i = 0; i < level; i++)
        {
            (long c, long d) = (random.Next(1, 10), random.Next(-9, 10));
            int factor = random.Next(2, 5);
            string inner = Linear(a, b);
            (string Outer, string Step) made = random.Next(3) switch
            {
                0 => ($"({text}) + ({Linear(c, d)})", $"({inner}) + ({Linear(c, d)}) = {Linear(a += c, b += d)}"),
                1 => ($"({text}) - ({Linear(c, d)})", $"({inner}) - ({Linear(c, d)}) = {Linear(a -= c, b -= d)}"),
                _ => ($"{factor}*({text})", $"{factor}*({inner}) = {Linear(a *= factor, b *= factor)}"),
            };
            text = made.Outer;
            solution.Append(CultureInfo.InvariantCulture, $"{made.Step}. ");
        }

        return new PromptItem($"Problem: Simplify {text}.\nAnswer:", $" {solution}The result is {Linear(a, b)}.", level);
    }

    // a x + b as one writes it.
    private static string Linear(long a, long b)
    {
        string x = a switch { 0 => "", 1 => "x", -1 => "-x", _ => string.Create(CultureInfo.InvariantCulture, $"{a}x") };
        return (x, b) switch
        {
            ("", _) => b.ToString(CultureInfo.InvariantCulture),
            (_, 0) => x,
            (_, > 0) => string.Create(CultureInfo.InvariantCulture, $"{x} + {b}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{x} - {-b}"),
        };
    }
}
