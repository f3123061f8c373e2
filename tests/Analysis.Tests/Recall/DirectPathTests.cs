using Weir.Analysis.Recall;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Recall;

/// <summary>Acceptance test 5: with MLPs frozen, a sender's path is its change of the residual, through the norm.</summary>
public sealed class DirectPathTests
{
    [Theory]
    [InlineData("ln")]
    [InlineData("rms-parallel")]
    [InlineData("gemma2")]
    public void T5_WithFrozenMlpsADirectPathIsTheNormOfTheChangedResidual(string kind)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = kind == "gemma2" ? RecallCase.Load(kind, device) : RandomModel.Make(kind, device);
        using EndStates clean = new(model, RecallCase.Prompts), corrupted = new(model, RecallCase.Corrupted);
        var unembedding = new Unembedding(model);
        LogitDirections pi = unembedding.Centred(RecallCase.Answers);
        PathPatchingResult result = PathPatching.Run(model, clean, corrupted, pi, freezeMlps: true);
        float[] residual = clean.Read(clean.Final);
        int width = model.Spec.Width;
        using var memory = new Arena(device);
        for (int l = 0; l < model.Spec.Layers; l++)
        {
            float[] own = clean.Read(clean.Mlp(l)), mean = corrupted.Mean(corrupted.Mlp(l));
            float[] changed = [.. residual.Select((r, i) => r - own[i] + mean[i % width])];
            double[] expected = pi.Read(memory.Upload<float>(changed, clean.Final.Shape));
            RecallCase.Close(expected, result.Mlps[l], 1e-5, $"MLP {l}");

            // With the norm's scale held, the change is that of the sender's attribution.
            double[] attributed = DirectAttribution.Run(model, clean, pi).Mlp(l).Values;
            Tensor scale = memory.Allocate(new Shape(clean.Count, 1));
            model.Sublayers.FinalNorm(clean.Final, memory.Allocate(clean.Final.Shape), scale);
            float[] scales = clean.Read(scale);
            for (int n = 0; n < clean.Count; n++)
            {
                double Held(ReadOnlySpan<float> x) => Projected(model.Vectors.FinalNorm!, x, pi.Rows.AsSpan(n * width, width), scales[n]);
                var row = new Range(n * width, (n + 1) * width);
                double change = Held(changed.AsSpan(row)) - Held(residual.AsSpan(row));
                Assert.Equal(Held(mean) - attributed[n], change, 1e-5 * Math.Max(1, Math.Abs(change)));
            }

            // A head changes what its attention adds, through a post-norm where there is one: a pass with the head's edit tells.
            for (int h = 0; h < model.Spec.Attention.Heads; h++)
            {
                float[] attention = clean.Read(clean.Attention(l)), patched = AttentionWith(model, l, h);
                float[] other = [.. residual.Select((r, i) => r - attention[i] + patched[i])];
                RecallCase.Close(pi.Read(memory.Upload<float>(other, clean.Final.Shape)), result.Heads[l, h], 1e-5, $"L{l}H{h}");
                Assert.Contains(result.Heads[l, h].Zip(result.Clean), p => Math.Abs(p.First - p.Second) > 1e-4);
            }
        }
    }

    // What an attention adds at END with one head's mean over the corrupted prompts in its place.
    private static float[] AttentionWith(Model model, int layer, int head)
    {
        int width = model.Spec.Width;
        float[] mean = new float[width];
        foreach (int[] prompt in RecallCase.Corrupted)
        {
            using ForwardResult run = model.Forward(prompt, new HookSet().Capture(Site.Result[layer]));
            float[] last = RecallCase.Read(model, run[Site.Result[layer]])[^(model.Spec.Attention.Heads * width)..];
            for (int i = 0; i < width; i++)
            {
                mean[i] += last[(head * width) + i] / RecallCase.Corrupted.Length;
            }
        }

        Edit edit = Edit.Replace(Site.Result[layer], mean) with { Head = head, Positions = ^1.. };
        return [.. RecallCase.Prompts.SelectMany(prompt =>
        {
            using ForwardResult run = model.Forward(prompt, new HookSet().Edit(edit).Capture(Site.AttentionOut[layer]));
            return RecallCase.Read(model, run[Site.AttentionOut[layer]])[^width..];
        })];
    }

    private static double Projected(NormValues norm, ReadOnlySpan<float> x, ReadOnlySpan<float> u, float scale)
    {
        double mean = 0, sum = 0;
        foreach (float v in x)
        {
            mean += norm.IsCentered ? (double)v / x.Length : 0;
        }

        for (int i = 0; i < x.Length; i++)
        {
            sum += (x[i] - mean) / scale * norm.Gain[i] * u[i];
        }

        return sum;
    }
}
