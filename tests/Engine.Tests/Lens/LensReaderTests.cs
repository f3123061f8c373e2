using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Engine.Tests.Lens;

/// <summary>The lens against distributions computed in f64 from whole logits.</summary>
public sealed class LensReaderTests
{
    [Theory]
    [OnDevices("gpt2")]
    [OnDevices("gemma2")]
    [OnDevices("opt-postnorm")]
    [OnDevices("pythia")]
    public void StatisticsOfEveryLayerMatchTwoPasses(string name, string device)
    {
        Model model = Fixture.Model(name, device);
        int[] prompt = Fixture.Prompts(name)[0];
        using ForwardResult run = model.Forward([prompt], Residuals());
        Tensor[] states = States(model, run);
        int[][] targets = [.. prompt.Select(t => new[] { t, 3 })];
        LensResult lens = LensReader.Read(model, states, new LensOptions { TopK = 5, Divergence = true, Targets = targets, Temperature = 0.7f });
        double[][] last = [.. Enumerable.Range(0, prompt.Length).Select(p => LogProbabilities(model, states[^1], p))];
        for (int s = 0; s < states.Length; s++)
        {
            for (int p = 0; p < prompt.Length; p++)
            {
                double[] lp = LogProbabilities(model, states[s], p);
                int row = lens.Row(s, p);
                Assert.Equal(-lp.Sum(x => Math.Exp(x) * x), lens.Entropy[row], 2e-5);
                Assert.Equal(lp.Zip(last[p]).Sum(x => Math.Exp(x.First) * (x.First - x.Second)), lens.Divergence[row], 2e-5);
                Assert.Equal(lp[targets[p][0]], lens.TargetLogProbabilities[2 * row], 2e-5);
                Assert.InRange(lens.TargetRanks[(2 * row) + 1], lp.Count(x => x > lp[3] + 1e-4), lp.Count(x => x > lp[3] - 1e-4));
                for (int k = 0; k < 5; k++)
                {
                    Assert.Equal(lp.OrderDescending().ElementAt(k), lens.TopLogProbabilities[(5 * row) + k], 2e-5);
                    Assert.Equal(lp[lens.TopIds[(5 * row) + k]], lens.TopLogProbabilities[(5 * row) + k], 2e-5);
                }
            }
        }

        Assert.All(Enumerable.Range(0, prompt.Length), p => Assert.Equal(0f, lens.Divergence[lens.Row(states.Length - 1, p)]));
        Assert.All(Enumerable.Range(0, prompt.Length), p => Assert.Equal(1.0, lens.Overlap(states.Length - 1, p, 5)));
    }

    [Theory, OnDevices]
    public void TheCachedScaleIsTheLastStatesScale(string device)
    {
        Model model = Fixture.Model("llama3", device);
        using ForwardResult run = model.Forward([Fixture.Prompts("llama3")[0]], Residuals().Capture(Site.FinalNormScale));
        Tensor[] states = States(model, run);
        LensResult cached = LensReader.Read(model, states, new LensOptions { Norm = LensNorm.CachedScale });
        LensResult own = LensReader.Read(model, states);
        int last = states.Length - 1;
        for (int p = 0; p < own.Positions; p++)
        {
            Assert.Equal(own.Entropy[own.Row(last, p)], cached.Entropy[cached.Row(last, p)]);
        }

        Assert.Contains(Enumerable.Range(0, own.Positions), p => Math.Abs(own.Entropy[own.Row(0, p)] - cached.Entropy[cached.Row(0, p)]) > 1e-2);
    }

    [Theory, OnDevices]
    public void NoNormReadsTheBareProduct(string device)
    {
        Model model = Fixture.Model("gpt2", device);
        using ForwardResult run = model.Forward([Fixture.Prompts("gpt2")[0]], Residuals());
        LensResult bare = LensReader.Read(model, [run[Site.ResidualPost[0]]], new LensOptions { Norm = LensNorm.None });
        LensResult normed = LensReader.Read(model, [run[Site.ResidualPost[0]]]);
        Assert.NotEqual(bare.Entropy, normed.Entropy);
    }

    [Theory]
    [InlineData(0f, 1)]
    [InlineData(float.NaN, 1)]
    [InlineData(1f, -1)]
    [InlineData(1f, 100000)]
    public void BadOptionsAreOneSentence(float temperature, int topK)
    {
        Model model = Fixture.Model("gpt2");
        using ForwardResult run = model.Forward([Fixture.Prompts("gpt2")[0]], Residuals());
        Assert.Throws<WeirException>(() => LensReader.Read(model, [run[Site.ResidualPost[0]]], new LensOptions { Temperature = temperature, TopK = topK }));
    }

    private static HookSet Residuals() => new HookSet().Capture(Site.ResidualPre[0], Site.ResidualPost.AllLayers);

    private static Tensor[] States(Model model, ForwardResult run) =>
        [run[Site.ResidualPre[0]], .. Enumerable.Range(0, model.Spec.Layers).Select(l => run[Site.ResidualPost[l]])];

    // In f64 from what the head multiplies, temperature 0.7 as the test asks.
    private static double[] LogProbabilities(Model model, Tensor state, int position)
    {
        float[] input = LensReader.HeadInput(model, state);
        int width = input.Length / state.Rows;
        double[] logits = new double[model.Spec.VocabularySize];
        float[] rows = Fixture.HeadRows(model);
        for (int v = 0; v < logits.Length; v++)
        {
            for (int i = 0; i < width; i++)
            {
                logits[v] += (double)input[(position * width) + i] * rows[(v * width) + i];
            }

            double cap = model.Spec.FinalSoftcap;
            logits[v] = (cap > 0 ? cap * Math.Tanh(logits[v] / cap) : logits[v]) / 0.7;
        }

        double max = logits.Max();
        double lse = max + Math.Log(logits.Sum(z => Math.Exp(z - max)));
        return [.. logits.Select(z => z - lse)];
    }
}
