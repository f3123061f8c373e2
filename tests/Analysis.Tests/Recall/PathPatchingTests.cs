using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>The short-cut against the definition: acceptance tests 1, 4 and 6.</summary>
public sealed class PathPatchingTests
{
    [Fact]
    public void T1_AnEmptyPatchListLeavesLogitsBitIdentical()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make("rms", device);
        using ForwardResult plain = model.Forward(RecallCase.Prompts);
        using ForwardResult hooked = model.Forward(RecallCase.Prompts, new HookSet().Edit([]));
        Assert.Equal(RecallCase.Read(model, plain.Logits), RecallCase.Read(model, hooked.Logits));

        // So do the passes with everything put back to what it was: the mean over one prompt is the prompt itself.
        int[][] one = [RecallCase.Prompts[0]];
        LogitDirections pi = new Unembedding(model).Centred(RecallCase.Answers[..1]);
        foreach (bool freezeMlps in (bool[])[false, true])
        {
            PathPatchingResult same = new FourPasses(model, one, one, pi, freezeMlps).Run();
            Assert.All(same.Heads.Cast<double[]>().Concat(same.Attentions).Concat(same.Mlps), v => Assert.Equal(same.Clean, v));
        }
    }

    [Theory]
    [InlineData("ln", false)]
    [InlineData("ln-parallel", false)]
    [InlineData("rms", false)]
    [InlineData("rms-parallel", false)]
    [InlineData("rms-sandwich", false)]
    [InlineData("rms-output", false)]
    [InlineData("ln", true)]
    [InlineData("rms-parallel", true)]
    public void T4_TheShortCutIsTheFourPasses(string kind, bool freezeMlps)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        Agree(kind, freezeMlps, device, RandomModel.Layers);
    }

    /// <summary>A softcap of logits, a window, norms of queries and keys; longer prompts than the window.</summary>
    [Theory]
    [InlineData("gemma2", false)]
    [InlineData("gemma2", true)]
    [InlineData("qwen3", false)]
    public void T4_TheShortCutIsTheFourPassesOfAFamily(string name, bool freezeMlps)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RecallCase.Load(name, device);
        Agree(model, Long, [.. Long.Select(p => p.Select(t => t == Long[0][4] ? 301 : t + 1).ToArray())], freezeMlps, model.Spec.Layers);
    }

    [Fact]
    public void T4_TheShortCutIsTheFourPassesOnCuda()
    {
        using IDevice device = TestDevices.Open(TestDevices.F32);
        Agree("rms", false, device, 1);
    }

    [Theory]
    [InlineData("ln")]
    [InlineData("ln-parallel")]
    [InlineData("rms")]
    [InlineData("rms-sandwich")]
    public void T6_ASendersOwnValueChangesNothing(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = RandomModel.Make(kind, device);
        using EndStates clean = new(model, RecallCase.Prompts);
        LogitDirections pi = new Unembedding(model).Centred(RecallCase.Answers);
        float[][] z = [.. Enumerable.Range(0, RandomModel.Layers).Select(l => clean.Read(clean.Z(l)))];
        float[][] mlp = [.. Enumerable.Range(0, RandomModel.Layers).Select(l => clean.Read(clean.Mlp(l)))];
        PathPatchingResult result = PathPatching.Run(
            model, clean,
            (l, n) => z[l].AsSpan(n * RandomModel.Width, RandomModel.Width), (l, n) => mlp[l].AsSpan(n * RandomModel.Width, RandomModel.Width), pi);
        for (int l = 0; l < RandomModel.Layers; l++)
        {
            Assert.Equal(result.Clean, result.Mlps[l]);
            Assert.Equal(result.Clean, result.Attentions[l]);
            for (int h = 0; h < RandomModel.Heads; h++)
            {
                Assert.Equal(result.Clean, result.Heads[l, h]);
                Assert.Equal(0, result.Score(result.Heads[l, h]));
            }
        }
    }

    private static readonly int[][] Long =
    [
        [5, 9, 14, 30, 7, 8, 11, 250, 33, 61, 2, 19], [20, 21, 22, 40, 41, 42, 7, 77, 78, 79, 80, 101, 14], [40, 3, 99, 100, 7, 6], [8, 200, 31, 250],
    ];

    private static void Agree(string kind, bool freezeMlps, IDevice device, int layers)
    {
        using Model model = RandomModel.Make(kind, device);
        Agree(model, RecallCase.Prompts, RecallCase.Corrupted, freezeMlps, layers);
        RecallCase.Close(
            RecallCase.Pi(model, RecallCase.Prompts, RecallCase.Answers),
            new FourPasses(model, RecallCase.Prompts, RecallCase.Corrupted, new Unembedding(model).Centred(RecallCase.Answers)).Clean, 1e-5, "pi of whole logits");
    }

    private static void Agree(Model model, int[][] prompts, int[][] others, bool freezeMlps, int layers)
    {
        using EndStates clean = new(model, prompts), corrupted = new(model, others);
        LogitDirections pi = new Unembedding(model).Centred(RecallCase.Answers);
        PathPatchingResult quick = PathPatching.Run(model, clean, corrupted, pi, freezeMlps);
        var four = new FourPasses(model, prompts, others, pi, freezeMlps);
        RecallCase.Close(four.Clean, quick.Clean, 1e-5, "clean");
        for (int l = 0; l < layers; l++)
        {
            for (int h = 0; h < model.Spec.Attention.Heads; h++)
            {
                double[] expected = four.Head(l, h);
                RecallCase.Close(expected, quick.Heads[l, h], 1e-5, $"{model.Spec.Family} L{l}H{h}");
                Assert.Contains(expected.Zip(four.Clean), p => Math.Abs(p.First - p.Second) > 1e-3);
            }

            RecallCase.Close(four.Attention(l), quick.Attentions[l], 1e-5, $"{model.Spec.Family} attention {l}");
            RecallCase.Close(four.Mlp(l), quick.Mlps[l], 1e-5, $"{model.Spec.Family} MLP{l}");
        }
    }
}
