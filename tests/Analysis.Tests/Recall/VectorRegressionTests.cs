using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>Acceptance test 7: planted weights and intercepts.</summary>
public sealed class VectorRegressionTests
{
    private const int Width = 16, Count = 60;

    private static readonly double[] Planted = [-1, 0, 0.5, -1, 0.5];

    [Fact]
    public void T7_PlantedGammaAndInterceptAreRecovered()
    {
        (float[][] x, float[][] y, float[] b) = Plant(0);
        VectorFit fit = new VectorRegression(x, y, Groups()).Fit(0);
        for (int r = 0; r < Planted.Length; r++)
        {
            Assert.Equal(Planted[r], fit.Gamma![r], 1e-4);
        }

        for (int i = 0; i < Width; i++)
        {
            Assert.Equal(b[i], fit.Intercept![i], 1e-4);
        }

        Assert.Equal(1, fit.R2, 1e-6);
        Assert.Equal(Planted.Length, fit.Rank);
    }

    [Fact]
    public void T7_NoiseLowersR2OnHeldOutGroupsToo()
    {
        (float[][] x, float[][] y, _) = Plant(1);
        var regression = new VectorRegression(x, y, Groups());
        VectorFit fit = regression.Fit(0);
        int[][] folds = [[0, 1], [2, 3], [4, 5]];
        double heldOut = regression.HeldOut(folds, regression.FitWithout(folds, 0));
        Assert.InRange(fit.R2, 0.6, 0.8);
        Assert.InRange(heldOut, 0.5, fit.R2);
    }

    /// <summary>The same by fitting and predicting without sums.</summary>
    [Fact]
    public void T7_HeldOutR2IsThatOfPredictions()
    {
        (float[][] x, float[][] y, _) = Plant(1);
        int[][] groups = Groups();
        var regression = new VectorRegression(x, y, groups);
        VectorFit fit = regression.FitWithout([[0, 1]], 0)[0];
        int[] test = [.. groups[0], .. groups[1]];
        double left = 0, total = 0;
        for (int i = 0; i < Width; i++)
        {
            double mean = test.Average(n => (double)y[n][i]);
            foreach (int n in test)
            {
                double predicted = fit.Intercept![i] + Enumerable.Range(0, Planted.Length).Sum(r => fit.Gamma![r] * x[n][(r * Width) + i]);
                left += Math.Pow(y[n][i] - predicted, 2);
                total += Math.Pow(y[n][i] - mean, 2);
            }
        }

        Assert.Equal(1 - (left / total), regression.HeldOut([[0, 1]], [fit]), 1e-5);
    }

    [Fact]
    public void T7_IdenticalHeadsAreReportedAndARidgeAnswers()
    {
        (float[][] x, float[][] y, _) = Plant(0.1);
        foreach (float[] row in x)
        {
            row.AsSpan(0, Width).CopyTo(row.AsSpan(Width, Width));
        }

        var regression = new VectorRegression(x, y, Groups());
        VectorFit fit = regression.Fit(0);
        Assert.Null(fit.Gamma);
        Assert.Equal(Planted.Length - 1, fit.Rank);
        Assert.True(double.IsNaN(regression.HeldOut([[0]], regression.FitWithout([[0]], 0))));
        VectorFit ridge = regression.Fit(1e-3);
        Assert.All(ridge.Gamma!, g => Assert.True(double.IsFinite(g)));
        Assert.Equal(ridge.Gamma![0], ridge.Gamma[1], 1e-3);
    }

    [Fact]
    public void AnInterceptThatIsATokensRowSaysTheToken()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        var unembedding = new Unembedding(model);
        var intercept = Intercept.Read(model, unembedding.Logit([42]).Rows, unembedding, [42, 43]);
        Assert.Equal(42, intercept.Tokens[0]);
        Assert.True(intercept.AnswerProjection > 1);
    }

    [Theory]
    [InlineData("rms")]
    [InlineData("ln-parallel")]
    [InlineData("rms-sandwich")]
    public void HeadsAndTheRestMakeWhatAnMlpReads(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make(kind, device);
        using var states = new EndStates(model, RecallCase.Prompts);
        MlpRegressionResult result = MlpRegression.Run(model, states, [0, 1, 2, 3], 2, new MlpRegressionOptions { Span = 1, Ridge = 0.1 });
        Assert.Equal(model.Spec.ParallelResidual ? RandomModel.Heads : 2 * RandomModel.Heads, result.Heads.Count);
        float[][] x = MlpRegression.Regressors(model, states, 2, result.Heads);
        float[] input = states.Read(states.Input(2)), attention = states.Read(states.Attention(2));
        for (int n = 0; n < x.Length; n++)
        {
            for (int i = 0; i < RandomModel.Width; i++)
            {
                double sum = Enumerable.Range(0, result.Heads.Count + 1).Sum(r => (double)x[n][(r * RandomModel.Width) + i]);
                int at = (n * RandomModel.Width) + i;
                Assert.Equal(input[at] + (model.Spec.ParallelResidual ? 0 : attention[at]), sum, 1e-4);
            }
        }

        // The last layer's heads and the attention's bias make what its attention adds.
        if (!model.Spec.ParallelResidual && model.Vectors.AttentionBias(2) is null)
        {
            int first = result.Heads.Count - RandomModel.Heads;
            for (int i = 0; i < RandomModel.Width; i++)
            {
                Assert.Equal(attention[i], Enumerable.Range(first, RandomModel.Heads).Sum(r => (double)x[0][(r * RandomModel.Width) + i]), 1e-4);
            }
        }
    }

    [Fact]
    public void RowsThatAreNotNumbersAreLeftOut()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        using var states = new EndStates(model, RecallCase.Prompts);
        float[] mlp = states.Read(states.Mlp(2));
        mlp[RandomModel.Width + 3] = float.PositiveInfinity;
        device.Write(states.Mlp(2), System.Runtime.InteropServices.MemoryMarshal.AsBytes(mlp.AsSpan()));
        MlpRegressionResult result = MlpRegression.Run(model, states, [0, 1, 2, 3], 2, new MlpRegressionOptions { Ridge = 0.1 });
        Assert.Equal(3, result.Fit.Count);
        Assert.All(result.Fit.Gamma!, g => Assert.True(double.IsFinite(g)));
    }

    private static int[][] Groups() => [.. Enumerable.Range(0, 6).Select(g => Enumerable.Range(g * 10, 10).ToArray())];

    private static (float[][] X, float[][] Y, float[] B) Plant(double noise)
    {
        var random = new Random(5);
        float Draw() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(Math.Tau * random.NextDouble()));
        float[] b = [.. Enumerable.Range(0, Width).Select(_ => Draw())];
        float[][] x = [.. Enumerable.Range(0, Count).Select(_ => Enumerable.Range(0, Planted.Length * Width).Select(_ => Draw()).ToArray())];
        float[][] y = [.. x.Select(row => Enumerable.Range(0, Width)
            .Select(i => (float)(b[i] + (noise * Draw()) + Enumerable.Range(0, Planted.Length).Sum(r => Planted[r] * row[(r * Width) + i]))).ToArray())];
        return (x, y, b);
    }
}
