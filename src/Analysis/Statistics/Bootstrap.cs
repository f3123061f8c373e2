using System.Numerics.Tensors;

namespace Weir.Analysis.Statistics;

/// <summary>
/// Confidence by resampling (Efron 1979): a statistic of items drawn again with replacement; its 2.5th and 97.5th percentile
/// are the interval. Items must be independent of one another, which prompts are and the tokens of one prompt are not.
/// </summary>
public static class Bootstrap
{
    /// <summary>The mean of values, one a prompt.</summary>
    /// <param name="values">The values; those that are not numbers are left out.</param>
    /// <param name="seed">The same seed gives the same interval.</param>
    public static Estimate Mean(ReadOnlySpan<double> values, int seed = 0)
    {
        double[] finite = [.. values.ToArray().Where(double.IsFinite)];
        if (finite.Length < 2)
        {
            return new Estimate(finite.Length == 0 ? double.NaN : finite[0], double.NaN, double.NaN, finite.Length);
        }

        double[] means = Resamples.Sums(finite, seed);
        TensorPrimitives.Divide(means, finite.Length, means);
        return With(finite.Average(), means, finite.Length);
    }

    /// <summary>The mean of the values that are numbers; NaN where none is.</summary>
    public static double Average(IEnumerable<double> values) => values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

    /// <summary>
    /// The mean of observations that come in groups, such as the tokens of prompts: sum of sums / sum of counts. Groups are
    /// drawn again and not observations, since those of one group are not independent of one another.
    /// </summary>
    /// <param name="sums">Sum of each group's observations.</param>
    /// <param name="counts">How many each group has.</param>
    /// <param name="seed">The same seed gives the same interval.</param>
    /// <returns>The mean; its count is that of groups.</returns>
    public static Estimate Ratio(ReadOnlySpan<double> sums, ReadOnlySpan<double> counts, int seed = 0)
    {
        if (sums.Length != counts.Length)
        {
            throw new ArgumentException($"There are {sums.Length} sums and {counts.Length} counts; each group has one of both.", nameof(counts));
        }

        double[] top = sums.ToArray(), bottom = counts.ToArray();
        double value = top.Sum() / bottom.Sum();
        if (top.Length < 2 || !double.IsFinite(value))
        {
            return new Estimate(value, double.NaN, double.NaN, top.Length);
        }

        double[] ratios = Resamples.Sums(top, seed);
        TensorPrimitives.Divide(ratios, Resamples.Sums(bottom, seed), ratios);
        return With(value, ratios, top.Length);
    }

    /// <summary>A statistic of items, such as a correlation; without an interval where it is not a number.</summary>
    /// <param name="count">Items.</param>
    /// <param name="statistic">Its value of some of them, given by number and perhaps several times.</param>
    /// <param name="seed">The same seed gives the same interval.</param>
    public static Estimate Of(int count, Func<IReadOnlyList<int>, double> statistic, int seed = 0)
    {
        double value = statistic([.. Enumerable.Range(0, count)]);
        if (count < 2 || !double.IsFinite(value))
        {
            return new Estimate(value, double.NaN, double.NaN, count);
        }

        return With(value, [.. Resamples.Draws(count, seed).Select(statistic)], count);
    }

    /// <summary>A quantile of values, between neighbours by proportion; NaN of nothing.</summary>
    /// <param name="values">The values, in any order.</param>
    /// <param name="share">Which, from 0 to 1.</param>
    public static double Quantile(ReadOnlySpan<double> values, double share)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        return OfSorted(sorted, share);
    }

    private static Estimate With(double value, double[] resampled, int count)
    {
        double[] sorted = [.. resampled.Where(double.IsFinite)];
        Array.Sort(sorted);
        return new Estimate(value, OfSorted(sorted, 0.025), OfSorted(sorted, 0.975), count);
    }

    private static double OfSorted(double[] sorted, double share)
    {
        if (sorted.Length == 0)
        {
            return double.NaN;
        }

        double place = share * (sorted.Length - 1);
        int low = (int)place;
        return low + 1 == sorted.Length ? sorted[low] : sorted[low] + ((place - low) * (sorted[low + 1] - sorted[low]));
    }
}
