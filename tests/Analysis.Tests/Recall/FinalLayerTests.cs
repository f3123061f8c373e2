using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>Acceptance test 9, and the last block run again against passes with edits.</summary>
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
    public void T9_TheModelIsItselfAfterwards()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        float[][] before = RecallCase.Logits(model, RecallCase.Prompts);
        FactPrompt[] prompts = [.. RecallCase.Prompts.Select((p, i) => new FactPrompt($"{i}", p, 0, i, 1, p[1], RecallCase.Answers[i]))];
        using var states = new EndStates(model, RecallCase.Prompts);
        var unembedding = new Unembedding(model);
        var answer = DirectAttribution.Run(model, states, unembedding.Centred(RecallCase.Answers));
        FinalLayerResult result = FinalLayer.Run(model, prompts, states, unembedding, answer, null, RecallCase.Corrupted);
        Assert.Equal(before, RecallCase.Logits(model, RecallCase.Prompts));

        MitigationRow none = result.Rows[0], zero = result.Rows.First(r => r.Mitigation == Mitigation.Mlp && r.Lambda == 0), all = result.Rows.First(r => r.Mitigation == Mitigation.Mlp && r.Lambda == 1);
        Assert.Equal(none.Probability, zero.Probability);
        Assert.Equal(0, zero.Cost.Mean, 1e-6);
        Assert.True(all.Cost.Mean > 0.01);
        double sum = result.AnswerHeads.Sum(h => h.Mean) + result.AnswerMlp.Mean;
        Assert.Equal(sum, result.Answer.Mean, 1e-6);
    }
}
