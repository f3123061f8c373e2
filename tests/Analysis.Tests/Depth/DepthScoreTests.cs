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
    public void EachExampleHasItsOwnScore()
    {
        var effects = new SampleTable(prompts: 2, rows: 3, columns: 3);
        effects.Add(0, 0, 1, 1);
        effects.Add(0, 0, 1, 3);
        effects.Add(1, 1, 2, 0.5);
        Assert.Equal([0, 1], DepthScore.ByLayers(effects));
        Assert.Equal([0, 1], DepthScore.ByLayers(effects, largest: false));
        var outputs = new SampleTable(2, 3, 1);
        outputs.Add(1, 2, 0, 0.1);
        Assert.Equal([double.NaN, 2], DepthScore.ByOutputs(outputs));
    }
}
