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
}
