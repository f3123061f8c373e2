using System.Globalization;
using System.Text;

namespace Weir.Analysis.Prompts;

/// <summary>
/// Word problems of 2 to 8 arithmetic steps with a worked solution, in the form in which Csordas et al. 2025 give GSM8K to a
/// model: an instruction, the problem, how to end, an empty line, the solution, "The final answer is". The level is the number
/// of steps.
/// </summary>
public static class WordProblems
{
    /// <summary>The usual first line.</summary>
    public const string Instruction = "Solve the following math problem step by step.";

    private static readonly string[] Names = ["John", "Mary", "Tom", "Anna", "James", "Lucy", "Paul", "Sarah"];
    private static readonly string[] Things = ["apples", "books", "coins", "pencils", "stamps", "shells"];

    /// <summary>Draws prompts.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The same seed gives the same prompts.</param>
    /// <param name="instruction">The first line.</param>
    public static IReadOnlyList<PromptItem> Generate(int count, int seed, string instruction = Instruction)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => One(random, 2 + (i % 7), instruction))];
    }

    private static PromptItem One(Random random, int steps, string instruction)
    {
        string name = Names[random.Next(Names.Length)], things = Things[random.Next(Things.Length)];
        long now = random.Next(5, 40);
        var problem = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{name} has {now} {things}."));
        var solution = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{name} starts with {now} {things}."));
        for (int s = 0; s < steps; s++)
        {
            long before = now;
            int by = random.Next(2, 12);
            (string told, string sum) = (random.Next(now < 400 ? 3 : 2), now > by) switch
            {
                (2, _) => ($"Then the number of {things} is multiplied by {by % 3 + 2}.", $"{before} * {by % 3 + 2} = {now *= by % 3 + 2}"),
                (1, true) => ($"Then {name} gives {by} away.", $"{before} - {by} = {now -= by}"),
                _ => ($"Then {name} gets {by} more.", $"{before} + {by} = {now += by}"),
            };
            problem.Append(CultureInfo.InvariantCulture, $" {told}");
            solution.Append(CultureInfo.InvariantCulture, $" {sum}.");
        }

        return new PromptItem(
            $"{instruction}\nProblem: {problem} How many {things} does {name} have?\nEnd with 'The final answer is' and the number.\n\n",
            string.Create(CultureInfo.InvariantCulture, $"{solution} The final answer is {now}"),
            steps);
    }
}
