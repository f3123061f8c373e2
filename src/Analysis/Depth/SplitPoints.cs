namespace Weir.Analysis.Depth;

/// <summary>Where prompts are split in the future variants.</summary>
public static class SplitPoints
{
    /// <summary>
    /// Draws splits as the paper does: of the multiples of a step below a prompt's length less 4, some at random. A prompt too
    /// short for one has none.
    /// </summary>
    /// <param name="lengths">Tokens of each prompt.</param>
    /// <param name="count">Most splits of a prompt.</param>
    /// <param name="step">Splits are multiples of this.</param>
    /// <param name="seed">Draws them; one stream through all prompts.</param>
    /// <param name="behind">Splits lie behind this position, in front of which no layer is left out.</param>
    public static IReadOnlyList<IReadOnlyList<int>> Draw(IReadOnlyList<int> lengths, int count = 4, int step = 8, int seed = 123, int behind = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step);
        return Draw([.. lengths.Select(l => (step * ((behind / step) + 1), Math.Max(l - 4, 0)))], count, step, seed);
    }

    /// <summary>The same within an answer: its first token and every step from there on, but for its last 4 tokens.</summary>
    /// <param name="answers">First token of each answer, and the sequence's length.</param>
    /// <param name="count">Most splits of a prompt.</param>
    /// <param name="step">Splits are multiples of this from the answer's first token on.</param>
    /// <param name="seed">Draws them.</param>
    public static IReadOnlyList<IReadOnlyList<int>> InAnswers(IReadOnlyList<(int First, int Length)> answers, int count = 4, int step = 4, int seed = 123) =>
        Draw([.. answers.Select(a => (a.First, a.Length - 4))], count, step, seed);

    private static IReadOnlyList<IReadOnlyList<int>> Draw(IReadOnlyList<(int First, int End)> ranges, int count, int step, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step);
        var random = new Random(seed);
        return [.. ranges.Select(range =>
        {
            var candidates = new List<int>();
            for (int t = range.First; t < range.End; t += step)
            {
                candidates.Add(t);
            }

            int[] drawn = [.. candidates];
            random.Shuffle(drawn);
            return (IReadOnlyList<int>)drawn[..Math.Min(count, drawn.Length)];
        })];
    }
}
