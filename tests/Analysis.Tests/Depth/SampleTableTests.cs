using Weir.Analysis.Depth;

namespace Weir.Analysis.Tests.Depth;

/// <summary>Numbers of samples.</summary>
public sealed class SampleTableTests
{
    [Fact]
    public void ASampleThatIsNoNumberIsNotPassedOver()
    {
        var table = new SampleTable(2, 2, 1);
        foreach ((int prompt, int row, double value) in ((int, int, double)[])[(0, 0, 1), (0, 0, double.NaN), (0, 0, 3), (1, 0, 2), (0, 1, 1), (1, 1, 2), (1, 1, 4)])
        {
            table.Add(prompt, row, 0, value);
        }

        Assert.All(
            (double[])[table.Max(0, 0), table.Mean(0, 0), table.Quantile(0, 0, 0.5), table.MaxOf(0, 0, 0), table.MeanWithInterval(0, 0).Mean, table.MeanWithInterval(0, 0).Low],
            v => Assert.True(double.IsNaN(v)));
        Assert.Equal((4, 2, 7 / 3.0), (table.Max(1, 0), table.Quantile(1, 0, 0.5), table.Mean(1, 0)));
        Assert.Equal((7 / 3.0, 1, 3, 2), (table.MeanWithInterval(1, 0).Mean, table.MeanWithInterval(1, 0).Low, table.MeanWithInterval(1, 0).High, table.MeanWithInterval(1, 0).Count));
    }

    [Fact]
    public void ATableOfMaximaHoldsNothingElse()
    {
        var random = new Random(2);
        SampleTable all = new(3, 2, 2), maxima = new(3, 2, 2, onlyMaxima: true);
        for (int i = 0; i < 40; i++)
        {
            // Prompt 2 has no sample, and the last cell none of prompt 1.
            (int prompt, int cell, double value) = (random.Next(2), random.Next(3), i == 30 ? double.NaN : random.NextDouble());
            all.Add(prompt, cell / 2, cell % 2, value);
            maxima.Add(prompt, cell / 2, cell % 2, value);
        }

        Assert.Equal(all.Map(all.Max), maxima.Map(maxima.Max));
        Assert.Single(all.Map(all.Max).Cast<double>(), double.IsNaN);
        for (int p = 0; p < 3; p++)
        {
            Assert.Equal(all.Has(p), maxima.Has(p));
            Assert.Equal(all.Map((r, c) => all.MaxOf(p, r, c)), maxima.Map((r, c) => maxima.MaxOf(p, r, c)));
        }

        Assert.Throws<InvalidOperationException>(() => maxima.Mean(0, 0));
        Assert.Throws<InvalidOperationException>(() => maxima.Count(0, 0));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100_000; i++)
        {
            maxima.Add(2, 1, 1, i);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        Assert.Equal(99_999, maxima.MaxOf(2, 1, 1));
    }
}
