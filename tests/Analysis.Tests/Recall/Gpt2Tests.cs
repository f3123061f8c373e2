using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>
/// Acceptance test 11: published numbers of GPT-2 small on "The capital of France is", where WEIR_TEST_GPT2 names its
/// directory.
/// </summary>
public sealed class Gpt2Tests
{
    [Fact]
    public void T11_Gpt2SmallIsAsPublished()
    {
        string? directory = Environment.GetEnvironmentVariable("WEIR_TEST_GPT2");
        Assert.SkipUnless(directory is not null, "WEIR_TEST_GPT2 does not name a directory with GPT-2 small.");
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(directory!, new LoadOptions { Device = device });
        int begin = model.Tokenizer.IdOf("<|endoftext|>")!.Value;
        int[] tokens = [begin, .. model.Tokenizer.Encode("The capital of France is", addSpecialTokens: false)];
        int paris = Assert.Single(model.Tokenizer.Encode(" Paris", addSpecialTokens: false));
        int now = Assert.Single(model.Tokenizer.Encode(" now", addSpecialTokens: false));
        using var states = new EndStates(model, [tokens]);
        var unembedding = new Unembedding(model);
        RecallBaseline baseline = RecallBaseline.Read(model, states, unembedding, [paris]);
        Assert.Equal(now, baseline.Answers.Top[0]);
        Assert.Equal(92, baseline.Answers.Ranks[0]);
        Assert.Equal(-6.42, Math.Log(baseline.Answers.Probabilities[0]), 0.01);

        var difference = DirectAttribution.Run(model, states, unembedding.Difference([paris], [now]));
        Assert.Equal(difference.Values[0], difference.Sums[0], 1e-4);
        (int Layer, int Head, double Value)[] heads = [(9, 8, 1.81), (11, 3, 0.45), (10, 0, 0.38), (11, 2, 0.31), (8, 11, 0.27), (9, 3, 0.24), (8, 10, -0.30)];
        Assert.All(heads, h => Assert.Equal(h.Value, difference.Head(h.Layer, h.Head).Values[0], 0.01));
        (int Layer, double Value)[] mlps = [(10, -1.17), (0, -1.01), (7, -0.77), (5, -0.28)];
        Assert.All(mlps, m => Assert.Equal(m.Value, difference.Mlp(m.Layer).Values[0], 0.01));
        Assert.Equal(-0.67, difference.Parts.First(p => p.Kind == AttributionKind.NormBias).Values[0], 0.01);
    }
}
