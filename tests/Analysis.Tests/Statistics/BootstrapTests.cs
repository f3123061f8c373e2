using Weir.Analysis.Statistics;

namespace Weir.Analysis.Tests.Statistics;

public class BootstrapTests
{
    [Fact]
    public void The_interval_of_a_normal_sample_is_that_of_its_standard_error()
    {
        var random = new Random(3);
        double[] values = [.. Enumerable.Range(0, 400).Select(_ => 5 + Normal(random))];
        double mean = values.Average(), error = 1.96 * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / 399 / 400);
        Estimate estimate = Bootstrap.Mean(values);
        Assert.Equal(mean, estimate.Mean, 12);
        Assert.Equal(mean - error, estimate.Low, error / 8);
        Assert.Equal(mean + error, estimate.High, error / 8);
        Assert.Equal(400, estimate.Count);
    }

    [Fact]
    public void The_interval_of_a_mean_over_tokens_is_about_that_mean()
    {
        // Long prompts have small values: the mean over tokens is 1.2, that of the prompts' means 2.
        double[] counts = [.. Enumerable.Range(0, 20).Select(p => p % 2 == 0 ? 9.0 : 1.0)];
        double[] sums = [.. counts.Select((n, p) => (p % 2 == 0 ? 1 : 3) * n * (1 + (0.02 * (p % 5))))];
        Estimate tokens = Bootstrap.Ratio(sums, counts), prompts = Bootstrap.Mean([.. sums.Zip(counts, (s, n) => s / n)]);
        Assert.Equal(sums.Sum() / counts.Sum(), tokens.Mean, 1e-12);
        Assert.InRange(tokens.Mean, tokens.Low, tokens.High);
        Assert.Equal(20, tokens.Count);
        Assert.False(tokens.Mean >= prompts.Low && tokens.Mean <= prompts.High);

        // Equal counts make it the mean of the prompts.
        Assert.Equal(Bootstrap.Mean([1, 2, 5, 9]).Low, Bootstrap.Ratio([2, 4, 10, 18], [2, 2, 2, 2]).Low, 1e-12);

        // A number that is none leaves no interval, and neither does a single prompt.
        Estimate none = Bootstrap.Ratio([1, double.NaN, 2], [1, 1, 1]);
        Assert.True(double.IsNaN(none.Mean) && double.IsNaN(none.Low) && double.IsNaN(none.High));
        Assert.True(double.IsNaN(Bootstrap.Ratio([3], [2]).High));
        Assert.Equal(1.5, Bootstrap.Ratio([3], [2]).Mean);
        Assert.Throws<ArgumentException>(() => Bootstrap.Ratio([1, 2], [1]));
    }

    [Fact]
    public void What_has_no_interval_says_so()
    {
        Assert.True(double.IsNaN(Bootstrap.Mean([]).Mean));
        Estimate one = Bootstrap.Mean([2, double.NaN]);
        Assert.Equal((2, 1), (one.Mean, one.Count));
        Assert.True(double.IsNaN(one.Low) && double.IsNaN(one.High));
        Assert.Equal((3d, 3d), (Bootstrap.Mean([3, 3, 3]).Low, Bootstrap.Mean([3, 3, 3]).High));
    }

    /// <summary>Counted draws, kept or not, and the general statistic are one resampling; on several threads too.</summary>
    [Theory]
    [InlineData(3, 3)]
    [InlineData(97, 3)]
    [InlineData(4200, 1)]
    public void A_mean_is_the_statistic_of_the_same_draws(int count, int seeds)
    {
        var random = new Random(count);
        double[] values = [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.25)];
        double[] weights = [.. values.Select((_, i) => 1.0 + (i % 3))];
        var expected = new (Estimate Mean, Estimate Ratio)[seeds];
        for (int seed = 0; seed < seeds; seed++)
        {
            expected[seed] = (
                Bootstrap.Of(count, drawn => drawn.Sum(i => values[i]) / count, seed),
                Bootstrap.Of(count, drawn => drawn.Sum(i => values[i]) / drawn.Sum(i => weights[i]), seed));
        }

        Parallel.For(0, 4 * seeds, i =>
        {
            Same(expected[i % seeds].Mean, Bootstrap.Mean(values, i % seeds));
            Same(expected[i % seeds].Ratio, Bootstrap.Ratio(values, weights, i % seeds));
        });
        static void Same(Estimate a, Estimate b)
        {
            Assert.Equal(a.Count, b.Count);
            Assert.Equal(a.Mean, b.Mean, 1e-12);
            Assert.Equal(a.Low, b.Low, 1e-12);
            Assert.Equal(a.High, b.High, 1e-12);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_interval() => Assert.Equal(Bootstrap.Mean([1, 2, 5, 9], seed: 4), Bootstrap.Mean([1, 2, 5, 9], seed: 4));

    [Fact]
    public void Quantiles_lie_between_neighbours()
    {
        Assert.Equal(2.5, Bootstrap.Quantile([4, 1, 2, 3], 0.5));
        Assert.Equal((1d, 4d), (Bootstrap.Quantile([4, 1, 2, 3], 0), Bootstrap.Quantile([4, 1, 2, 3], 1)));
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
