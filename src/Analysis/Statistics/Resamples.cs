using System.Numerics.Tensors;

namespace Weir.Analysis.Statistics;

/// <summary>
/// The resamples of an interval. The cells of a table have as many items each and one seed, hence the same draws: how often
/// each item is drawn is counted once and kept, and a sum over a resample is a dot product. Safe on several threads.
/// </summary>
internal sealed class Resamples
{
    /// <summary>How many there are.</summary>
    public const int Count = 2000;

    private const long MostBytes = 64 << 20;

    private static readonly Lock Gate = new();

    // The last used in front.
    private static readonly LinkedList<Resamples> Kept = [];

    private readonly int _items;
    private readonly int _seed;

    // [resamples, items], in the values' type.
    private readonly double[] _times;

    private Resamples(int items, int seed)
    {
        (_items, _seed) = (items, seed);
        _times = new double[Count * items];
        int r = 0;
        foreach (int[] draw in Draws(items, seed))
        {
            Span<double> times = _times.AsSpan(r++ * items, items);
            foreach (int i in draw)
            {
                times[i]++;
            }
        }
    }

    /// <summary>The items of each resample, by number; one array, which the next one overwrites.</summary>
    public static IEnumerable<int[]> Draws(int items, int seed)
    {
        // Seeded, so that a result can be had again; no secret depends on it.
        var random = new Random(seed);
        int[] draw = new int[items];
        for (int r = 0; r < Count; r++)
        {
            for (int i = 0; i < items; i++)
            {
                draw[i] = random.Next(items);
            }

            yield return draw;
        }
    }

    /// <summary>The sum of values over each resample.</summary>
    /// <param name="values">One an item.</param>
    /// <param name="seed">The same seed draws the same items.</param>
    public static double[] Sums(double[] values, int seed) =>
        (long)Count * values.Length * sizeof(double) <= MostBytes
            ? Of(values.Length, seed).Sums(values)
            : [.. Draws(values.Length, seed).Select(draw => SumOf(values, draw))];

    private static Resamples Of(int items, int seed)
    {
        lock (Gate)
        {
            Resamples? found = Kept.FirstOrDefault(k => k._items == items && k._seed == seed);
            if (found is not null)
            {
                Kept.Remove(found);
            }

            Kept.AddFirst(found ??= new Resamples(items, seed));
            while (Kept.Sum(k => k._times.LongLength * sizeof(double)) > MostBytes)
            {
                Kept.RemoveLast();
            }

            return found;
        }
    }

    private static double SumOf(double[] values, int[] draw)
    {
        double sum = 0;
        foreach (int i in draw)
        {
            sum += values[i];
        }

        return sum;
    }

    private double[] Sums(double[] values)
    {
        double[] sums = new double[Count];
        for (int r = 0; r < Count; r++)
        {
            sums[r] = TensorPrimitives.Dot<double>(_times.AsSpan(r * _items, _items), values);
        }

        return sums;
    }
}
