using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>Acceptance test 9, the last block run again against passes with edits, and scores on items that chose nothing.</summary>
public sealed class FinalLayerTests
{
    private const int Last = RandomModel.Layers - 1;

    [Theory]
    [InlineData("ln")]
    [InlineData("rms-parallel")]
    [InlineData("rms-sandwich")]
    public void T9_LambdaZeroIsNoChange(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make(kind, device);
        using var states = new EndStates(model, RecallCase.Prompts);
        using var memory = new Arena(device);
        var block = new LastBlock(model, new Unembedding(model).Mean);
        MlpRegressionResult fit = MlpRegression.Run(model, states, [0, 1, 2, 3], Last, new MlpRegressionOptions { Ridge = 0.1 });
        float[] before = states.Read(states.Final);
        foreach (Mitigation mitigation in Enum.GetValues<Mitigation>())
        {
            float[] after = states.Read(block.Run(states, mitigation, 0, [1, 2], fit, memory));
            Assert.Equal(before, after);
        }
    }

    [Theory]
    [InlineData("ln")]
    [InlineData("rms-parallel")]
    [InlineData("rms-output")]
    public void AMitigationIsThePassWithItsEdit(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make(kind, device);
        using var states = new EndStates(model, RecallCase.Prompts, everyPosition: true);
        float[] direction = new Unembedding(model).Mean;
        var block = new LastBlock(model, direction);
        using var memory = new Arena(device);
        (Mitigation, Edit[])[] cases =
        [
            (Mitigation.Heads, [.. ((int[])[0, 3]).Select(h => Edit.Scale(Site.Z[Last], 0.25f) with { Head = h })]),
            (Mitigation.Mlp, [Edit.Scale(Site.MlpOut[Last], 0.25f)]),
            (Mitigation.Unigram, [Edit.ProjectOut(Site.MlpOut[Last], direction, 0.75f)]),
        ];
        foreach ((Mitigation mitigation, Edit[] edits) in cases)
        {
            using ForwardResult run = model.Forward(RecallCase.Prompts, new HookSet().Edit(edits).Capture(Site.ResidualPost[Last]));
            Assert.Equal(RecallCase.Read(model, run[Site.ResidualPost[Last]]), states.Read(block.Run(states, mitigation, 0.75f, [0, 3], null, memory)));
        }
    }

    [Fact]
    public void ARegressionInTheMlpsPlaceIsItsSumWithoutNegativeWeights()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        using var states = new EndStates(model, RecallCase.Prompts);
        MlpRegressionResult fit = MlpRegression.Run(model, states, [0, 1, 2, 3], Last, new MlpRegressionOptions { Span = 0, Ridge = 0.1 });
        Assert.Contains(fit.Fit.Gamma!, g => g < -1e-3);
        Assert.Contains(fit.Fit.Gamma!, g => g > 1e-3);
        using var memory = new Arena(device);
        float[] after = states.Read(new LastBlock(model, []).Run(states, Mitigation.Regression, 0.75f, [], fit, memory));
        for (int n = 0; n < RecallCase.Prompts.Length; n++)
        {
            int[] prompt = RecallCase.Prompts[n];
            using ForwardResult run = model.Forward(prompt, new HookSet().Capture(Site.Result[Last], Site.ResidualPre[Last], Site.ResidualMid[Last], Site.MlpOut[Last]));
            float[] heads = RecallCase.Read(model, run[Site.Result[Last]])[^(RandomModel.Heads * RandomModel.Width)..];
            float[] Row(Site site) => RecallCase.Read(model, run[site])[^RandomModel.Width..];
            float[] before = Row(Site.ResidualPre[Last]), middle = Row(Site.ResidualMid[Last]), mlp = Row(Site.MlpOut[Last]);
            for (int i = 0; i < RandomModel.Width; i++)
            {
                // The one layer's heads, and the residual in front of the block, which is the rest.
                double sum = fit.Fit.Intercept![i] + (Math.Max(fit.Fit.Gamma![RandomModel.Heads], 0) * before[i]);
                for (int h = 0; h < RandomModel.Heads; h++)
                {
                    sum += Math.Max(fit.Fit.Gamma[h], 0) * heads[(h * RandomModel.Width) + i];
                }

                Assert.Equal(middle[i] + (0.25 * mlp[i]) + (0.75 * sum), after[(n * RandomModel.Width) + i], 1e-4);
            }
        }
    }

    /// <summary>
    /// What a fold's other items choose is worked out here again, and a prompt's probability with it; with every item's choice,
    /// the one that flatters, it is another.
    /// </summary>
    [Theory]
    [InlineData(Mitigation.Heads)]
    [InlineData(Mitigation.Regression)]
    public void AMitigationIsScoredByItemsThatDidNotChooseIt(Mitigation kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("ln", device);
        int[][] tokens = [.. Enumerable.Range(0, 12).Select(i => (int[])[i + 3, (i * 17) + 20, 250 - i])];
        FactPrompt[] prompts = [.. tokens.Select((t, i) => new FactPrompt($"{i}", t, 0, i / 2, 1, t[1], (i / 2 * 31) + 9))];
        using var states = new EndStates(model, tokens);
        var options = new MlpRegressionOptions { Ridge = 0.1, Folds = 4, Seed = 1 };
        int[] items = [.. prompts.Select(p => p.Item)], answers = [.. prompts.Select(p => p.AnswerId)];
        var answer = DirectAttribution.Run(model, states, new Unembedding(model).Centred(answers));
        MlpRegressionResult fit = MlpRegression.Run(model, states, items, Last, options);
        FinalLayerResult result = FinalLayer.Run(model, prompts, states, new Unembedding(model), answer, fit, options, RecallCase.Corrupted);

        int[] Lowering(Func<int, bool> counts) => [.. Enumerable.Range(0, RandomModel.Heads).Where(h => answer.Head(Last, h).Values.Where((_, n) => counts(items[n])).Average() < 0)];
        double[] Probabilities(IReadOnlyList<int> heads, MlpRegressionResult with)
        {
            using var memory = new Arena(device);
            return AnswerRanks.Read(model, new LastBlock(model, []).Run(states, kind, 1, heads, with, memory), answers).Probabilities;
        }

        double[] sums = new double[prompts.Length], times = new double[prompts.Length];
        for (int f = 0; f < 4; f++)
        {
            IReadOnlyList<int> held = result.Folds[f].HeldOut;
            Assert.Equal(2, held.Count);
            int[] heads = Lowering(item => !held.Contains(item));
            Assert.Equal(heads, result.Folds[f].Heads);

            // A fit on the other items' rows and nothing else.
            int[] train = [.. Enumerable.Range(0, items.Length).Where(n => !held.Contains(items[n]))];
            float[][] x = MlpRegression.Regressors(model, states, Last, fit.Heads), y = [.. states.Read(states.Mlp(Last)).Chunk(RandomModel.Width)];
            VectorFit own = new VectorRegression([.. train.Select(n => x[n])], [.. train.Select(n => y[n])], [[.. train.Select((_, i) => i)]]).Fit(options.Ridge);
            double[] p = Probabilities(heads, fit with { Fit = own });
            foreach (int n in Enumerable.Range(0, items.Length).Where(n => held.Contains(items[n])))
            {
                sums[n] += p[n];
                times[n]++;
            }
        }

        MitigationRow row = result.Rows.Last(r => r.Mitigation == kind), none = result.Rows[0];
        double expected = sums.Zip(times, (s, t) => s / t).Average(), flattered = Probabilities(Lowering(_ => true), fit).Average();
        Assert.Equal(12, row.Probability.Count);
        Assert.Equal(expected, row.Probability.Mean, 1e-6 * expected);
        Assert.True(Math.Abs(flattered - expected) > 1e-3 * expected, $"{flattered} is {expected}: the case tells nothing apart");
        Assert.Equal(row.Probability.Mean - none.Probability.Mean, row.Gain.Mean, 1e-9);
    }

    [Fact]
    public void FoldsHoldEveryItemOutAboutEquallyOften()
    {
        var resampling = new ItemResampling([.. Enumerable.Range(0, 30).Select(i => i / 2)]);
        IReadOnlyList<int[]> folds = resampling.Folds(new MlpRegressionOptions());
        Assert.Equal(5, folds.Count);
        Assert.All(folds, f => Assert.Equal(5, f.Distinct().Count()));
        Assert.All(Enumerable.Range(0, 15), i => Assert.InRange(folds.Count(f => f.Contains(i)), 1, 2));
        Assert.Empty(new ItemResampling([0, 0, 1, 1]).Folds(new MlpRegressionOptions()));
    }

    [Fact]
    public void T9_TheModelIsItselfAfterwards()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        float[][] before = RecallCase.Logits(model, RecallCase.Prompts);
        FactPrompt[] prompts = [.. RecallCase.Prompts.Select((p, i) => new FactPrompt($"{i}", p, 0, i, 1, p[1], RecallCase.Answers[i]))];
        using var states = new EndStates(model, RecallCase.Prompts);
        var unembedding = new Unembedding(model);
        var answer = DirectAttribution.Run(model, states, unembedding.Centred(RecallCase.Answers));
        FinalLayerResult result = FinalLayer.Run(model, prompts, states, unembedding, answer, null, new MlpRegressionOptions(), RecallCase.Corrupted);
        Assert.Equal(before, RecallCase.Logits(model, RecallCase.Prompts));

        MitigationRow none = result.Rows[0], zero = result.Rows.First(r => r.Mitigation == Mitigation.Mlp && r.Lambda == 0), all = result.Rows.First(r => r.Mitigation == Mitigation.Mlp && r.Lambda == 1);
        Assert.Equal(none.Probability, zero.Probability);
        Assert.Equal(0, zero.Cost.Mean, 1e-6);
        Assert.True(all.Cost.Mean > 0.01);
        double sum = result.AnswerHeads.Sum(h => h.Mean) + result.AnswerMlp.Mean;
        Assert.Equal(sum, result.Answer.Mean, 1e-6);
    }
}
