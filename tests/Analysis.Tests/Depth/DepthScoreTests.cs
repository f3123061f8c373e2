using Weir.Analysis.Depth;

namespace Weir.Analysis.Tests.Depth;

/// <summary>The depth score.</summary>
public sealed class DepthScoreTests
{
    [Fact]
    public void Acceptance7_AOneHotEffectGivesItsIndexAndScaleDoesNotMatter()
    {
        // Trap 6: layers count from 0.
        for (int s = 0; s < 7; s++)
        {
            double[] e = new double[7];
            e[s] = 0.3;
            Assert.Equal(s, DepthScore.Of(e));
        }

        double[] effects = [0.1, 0.7, 0.2, 0.05];
        Assert.Equal(DepthScore.Of(effects), DepthScore.Of([.. effects.Select(x => 1000 * x)]), 1e-12);
        Assert.Equal(double.NaN, DepthScore.Of([0, 0]));
    }

    [Fact]
    public void EffectsOfALayerAreMeansOverLaterLayers()
    {
        double[,] e = { { 9, 1, 2, 3 }, { 9, 9, 4, 6 }, { 9, 9, 9, 5 }, { 9, 9, 9, 9 } };
        Assert.Equal([2, 5, 5, 0], DepthScore.LayerEffects(e));
    }

    [Fact]
    public void EffectsArePooledOverExamplesBeforeTheyAreScored()
    {
        // Example 0 has a large effect of layer 0, example 1 small ones of layers 0 and 1, example 2 has no sample at all.
        var effects = new SampleTable(prompts: 3, rows: 3, columns: 3);
        effects.Add(0, 0, 1, 1);
        effects.Add(0, 0, 1, 3);
        effects.Add(1, 0, 1, 0.2);
        effects.Add(1, 1, 2, 0.5);

        // max: E[0, 1] = 3, E[1, 2] = 0.5, so e = (1.5, 0.5, 0); mean of each one's largest: (1.6, 0.25), so e = (0.8, 0.25, 0).
        DepthScoreResult score = DepthScore.Of(effects, [0, 1, 2]);
        Assert.Equal(0.5 / 2, score.Max.Mean, 1e-7);
        Assert.Equal(0.25 / 1.05, score.Mean.Mean, 1e-7);
        Assert.Equal(2, score.Max.Count);
        Assert.Equal([0, 0.8333], score.Examples.Select(e => Math.Round(e, 4)));
        Assert.NotEqual(score.Examples.Average(), score.Max.Mean, 0.1);

        // Intervals are of the pooled score: resamples are one of the two twice, or both.
        Assert.Equal((0, 0.5 / 0.6), (score.Max.Low, score.Max.High), (a, b) => Close(a, b));
        Assert.InRange(score.Mean.Mean, score.Mean.Low, score.Mean.High);

        var outputs = new SampleTable(3, 3, 1);
        outputs.Add(0, 0, 0, 0.1);
        outputs.Add(1, 2, 0, 0.3);
        Assert.Equal(2 * 0.3 / 0.4, DepthScore.Of(outputs, [0, 1]).Max.Mean, 1e-6);
        Assert.Equal(0, DepthScore.Of(outputs, [0]).Mean.Mean);
        Assert.True(double.IsNaN(DepthScore.Of(outputs, [0]).Mean.Low));
        Assert.True(double.IsNaN(DepthScore.Of(outputs, [2]).Max.Mean));
        Assert.Equal(0, DepthScore.Of(outputs, [2]).Max.Count);
    }

    [Fact]
    public void TheIntervalOfAScoreNarrowsWithItsExamples()
    {
        var random = new Random(5);
        var effects = new SampleTable(60, 4, 4);
        for (int p = 0; p < effects.Prompts; p++)
        {
            for (int s = 0; s < 3; s++)
            {
                effects.Add(p, s, 3, random.NextDouble());
            }
        }

        DepthScoreResult few = DepthScore.Of(effects, Enumerable.Range(0, 6)), all = DepthScore.Of(effects, Enumerable.Range(0, 60));
        Assert.InRange(all.Mean.Mean, all.Mean.Low, all.Mean.High);
        Assert.InRange(few.Max.Mean, few.Max.Low, few.Max.High);
        Assert.True(all.Mean.High - all.Mean.Low < 0.6 * (few.Mean.High - few.Mean.Low));
        Assert.Equal(DepthScore.Of(effects, [1, 2, 3], seed: 4).Mean, DepthScore.Of(effects, [1, 2, 3], seed: 4).Mean);
        Assert.True(all.Spread(0.25) < all.Spread(0.75));
    }

    private static bool Close((double, double) a, (double, double) b) => Math.Abs(a.Item1 - b.Item1) < 1e-6 && Math.Abs(a.Item2 - b.Item2) < 1e-6;
}
