namespace Weir.Analysis.Prompts;

/// <summary>
/// A random world of people in which everyone has exactly one of each relation, and questions that follow several of them, in
/// the form in which Csordas et al. 2025 give MQuAKE to a model. The level is the number of hops.
/// </summary>
public sealed class MultiHopGraph
{
    private static readonly string[] Relations = ["teacher", "neighbour", "doctor", "boss", "friend", "cousin"];
    private static readonly string[] People =
    [
        "John", "Mary", "Tom", "Anna", "James", "Lucy", "Paul", "Sarah", "Mark", "Emma", "Peter", "Alice", "David", "Laura", "Simon", "Jane",
        "Kevin", "Helen", "Brian", "Rachel", "Adam", "Kate", "Jack", "Rose",
    ];

    private readonly int[][] _of;

    /// <summary>Draws a world.</summary>
    /// <param name="seed">The same seed gives the same world.</param>
    public MultiHopGraph(int seed)
    {
        var random = new Random(seed);
        _of = [.. Relations.Select(_ =>
        {
            // Nobody is his own teacher: a shift by at least one of a shuffled circle.
            int[] circle = [.. Enumerable.Range(0, People.Length)];
            random.Shuffle(circle);
            int shift = random.Next(1, People.Length);
            int[] map = new int[People.Length];
            for (int i = 0; i < circle.Length; i++)
            {
                map[circle[i]] = circle[(i + shift) % circle.Length];
            }

            return map;
        })];
    }

    /// <summary>Every fact as a sentence: what a model of this world is trained on.</summary>
    public IEnumerable<string> Facts =>
        from r in Enumerable.Range(0, Relations.Length)
        from p in Enumerable.Range(0, People.Length)
        select $"The {Relations[r]} of {People[p]} is {People[_of[r][p]]}.";

    /// <summary>Draws questions.</summary>
    /// <param name="perLevel">How many of each number of hops.</param>
    /// <param name="seed">The same seed gives the same questions.</param>
    /// <param name="fewest">Fewest hops.</param>
    /// <param name="most">Most hops.</param>
    public IReadOnlyList<PromptItem> Questions(int perLevel, int seed, int fewest = 2, int most = 4)
    {
        var random = new Random(seed);
        return [.. from hops in Enumerable.Range(fewest, most - fewest + 1) from _ in Enumerable.Range(0, perLevel) select One(random, hops)];
    }

    private PromptItem One(Random random, int hops)
    {
        int person = random.Next(People.Length);
        string text = People[person];
        for (int h = 0; h < hops; h++)
        {
            int relation = random.Next(Relations.Length);
            text = $"the {Relations[relation]} of {text}";
            person = _of[relation][person];
        }

        return new PromptItem($"Question: Who is {text}?\nAnswer:", $" {People[person]}", hops);
    }
}
