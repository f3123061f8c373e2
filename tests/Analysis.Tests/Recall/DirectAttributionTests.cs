using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>Attribution that adds up, and pi without logits: acceptance tests 2 and 3.</summary>
public sealed class DirectAttributionTests
{
    public static TheoryData<string> Kinds => [.. RandomModel.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void T2_PartsSumToTheLogit(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        PartsSum(kind, device);
    }

    [Theory]
    [InlineData("ln-head-bias")]
    [InlineData("rms-sandwich")]
    public void T2_PartsSumToTheLogitOnCuda(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.F32);
        PartsSum(kind, device);
    }

    /// <summary>A model with a final softcap: its logits are capped, and what is taken apart is in front of the cap.</summary>
    [Fact]
    public void T2_PartsSumToTheLogitInFrontOfASoftcap()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("gemma2"), new LoadOptions { Device = device });
        using var states = new EndStates(model, RecallCase.Prompts);
        double cap = model.Spec.FinalSoftcap;
        double[][] logits = [.. RecallCase.Logits(model, RecallCase.Prompts).Select(row => row.Select(z => cap * Math.Atanh(z / cap)).ToArray())];
        double[] expected = [.. logits.Select((row, i) => row[RecallCase.Answers[i]])];
        RecallCase.Close(expected, DirectAttribution.Run(model, states, new Unembedding(model).Logit(RecallCase.Answers)).Sums, 1e-4, "the sum");
        double[] pi = [.. logits.Select((row, i) => row[RecallCase.Answers[i]] - row.Average())];
        RecallCase.Close(pi, new Unembedding(model).Centred(RecallCase.Answers).Read(states.Final), 1e-4, "pi");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void T3_PiFromCentredRowsIsPiFromLogits(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make(kind, device);
        using var states = new EndStates(model, RecallCase.Prompts);
        var unembedding = new Unembedding(model);
        RecallCase.Close(RecallCase.Pi(model, RecallCase.Prompts, RecallCase.Answers), unembedding.Centred(RecallCase.Answers).Read(states.Final), 1e-5, kind);
    }

    [Fact]
    public void ABiasOfValuesIsTheAttentionsNotTheHeads()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model plain = RandomModel.Make("ln", device, (name, values) => Bias(name, values, 0));
        using Model shifted = RandomModel.Make("ln", device, (name, values) => Bias(name, values, 3));
        using EndStates before = new(plain, RecallCase.Prompts), after = new(shifted, RecallCase.Prompts);
        var value = new Unembedding(plain).Logit(RecallCase.Answers);
        var a = DirectAttribution.Run(plain, before, value);
        var b = DirectAttribution.Run(shifted, after, new Unembedding(shifted).Logit(RecallCase.Answers));

        // What the norm's scale does to both apart, the heads of the first layer write the same.
        double[] ratio = [.. a.Parts[0].Values.Zip(b.Parts[0].Values, (x, y) => y / x)];
        for (int h = 0; h < RandomModel.Heads; h++)
        {
            RecallCase.Close(a.Head(0, h).Values, [.. b.Head(0, h).Values.Zip(ratio, (v, r) => v / r)], 1e-4, $"head {h}");
        }
    }

    [Fact]
    public void AModelThatNormsItsResidualIsRefused()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("ln-after", device);
        WeirException error = Assert.Throws<WeirException>(() => new EndStates(model, RecallCase.Prompts));
        Assert.Contains("norms the residual itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EndStatesOfABatchAreThoseOfSinglePrompts()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        using var all = new EndStates(model, RecallCase.Prompts);
        Assert.Equal(1, all.Passes);
        for (int i = 0; i < RecallCase.Prompts.Length; i++)
        {
            using var one = new EndStates(model, [RecallCase.Prompts[i]]);
            for (int l = 0; l < RandomModel.Layers; l++)
            {
                Assert.Equal(one.Read(one.Z(l)), all.Read(all.Z(l).RowRange(i, 1)));
                Assert.Equal(one.Read(one.Mlp(l)), all.Read(all.Mlp(l).RowRange(i, 1)));
            }

            Assert.Equal(one.Read(one.Final), all.Read(all.Final.RowRange(i, 1)));
        }
    }

    private static void Bias(string name, float[] values, float value)
    {
        if (name.Contains("0.qkv.bias", StringComparison.Ordinal))
        {
            Array.Fill(values, value, 2 * RandomModel.Width, RandomModel.Width);
        }
    }

    private static void PartsSum(string kind, IDevice device)
    {
        using Model model = RandomModel.Make(kind, device);
        using var states = new EndStates(model, RecallCase.Prompts);
        var unembedding = new Unembedding(model);
        var logit = DirectAttribution.Run(model, states, unembedding.Logit(RecallCase.Answers));
        double[] logits = [.. RecallCase.Logits(model, RecallCase.Prompts).Select((row, i) => (double)row[RecallCase.Answers[i]])];
        RecallCase.Close(logits, logit.Values, 1e-5, $"{kind}: the logit");
        RecallCase.Close(logits, logit.Sums, 1e-5, $"{kind}: the sum");
        Assert.Equal(kind.Contains("bias", StringComparison.Ordinal), logit.Parts.Any(p => p.Kind == AttributionKind.UnembeddingBias));
        Assert.Equal(kind.StartsWith("ln", StringComparison.Ordinal), logit.Parts.Any(p => p.Kind == AttributionKind.NormBias));

        var pi = DirectAttribution.Run(model, states, unembedding.Centred(RecallCase.Answers));
        RecallCase.Close(RecallCase.Pi(model, RecallCase.Prompts, RecallCase.Answers), pi.Sums, 1e-5, $"{kind}: pi");
    }
}
