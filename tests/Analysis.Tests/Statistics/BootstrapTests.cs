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
    public void What_has_no_interval_says_so()
    {
        Assert.True(double.IsNaN(Bootstrap.Mean([]).Mean));
        Estimate one = Bootstrap.Mean([2, double.NaN]);
        Assert.Equal((2, 1), (one.Mean, one.Count));
        Assert.True(double.IsNaN(one.Low) && double.IsNaN(one.High));
        Assert.Equal((3d, 3d), (Bootstrap.Mean([3, 3, 3]).Low, Bootstrap.Mean([3, 3, 3]).High));
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
