using Weir.Analysis.Depth;
using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Depth;

/// <summary>The sweep against one whole pass for each skipped block.</summary>
public sealed class SkipSweepTests
{
    [Theory]
    [OnDevices("gpt2", 0)]
    [OnDevices("pythia", 1)]
    [OnDevices("gemma2", 1)]
    [OnDevices("olmo2", 1)]
    public void EffectsAreThoseOfAPassWithTheBlockSkipped(string name, int firstPosition, string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using Model model = Model.Load(Fixture.Model(name), new LoadOptions { Device = opened });
        int[][] prompts = [[5, 9, 14, 30, 7, 8, 11], [20, 21, 22]];
        Range positions = firstPosition..;
        SkipSweepResult sweep = SkipSweep.Run(model, prompts, positions);
        float[][][] plain = Contributions(model, prompts, new HookSet());
        int layers = model.Spec.Layers;
        int d = model.Spec.Width;
        for (int s = 0; s < layers; s++)
        {
            float[][][] skipped = Contributions(model, prompts, new HookSet().Edit(Edit.Skip(Site.ResidualPost[s]) with { Positions = positions }));
            for (int l = 0; l < layers; l++)
            {
                (double mean, double largest) = l > s ? Change(plain[l][0], skipped[l][0], d) : (0, 0);
                Assert.Equal(mean, sweep.MeanAttention[s, l], 1e-5 * Math.Max(1, mean));
                Assert.Equal(largest, sweep.LargestAttention[s, l], 1e-5 * Math.Max(1, largest));
                (mean, largest) = l > s ? Change(plain[l][1], skipped[l][1], d) : (0, 0);
                Assert.Equal(mean, sweep.MeanMlp[s, l], 1e-5 * Math.Max(1, mean));
                Assert.Equal(largest, sweep.LargestMlp[s, l], 1e-5 * Math.Max(1, largest));
            }
        }

        Assert.True(sweep.MeanMlp[0, 1] > 1e-3, "skipping the first block changed nothing");
    }

    private static float[][][] Contributions(Model model, int[][] prompts, HookSet hooks)
    {
        hooks.Capture(Site.AttentionOut.AllLayers, Site.MlpOut.AllLayers);
        using ForwardResult run = model.Forward(prompts, hooks, new ForwardOptions { Logits = LogitRows.None });
        return [.. Enumerable.Range(0, model.Spec.Layers).Select(l => (float[][])[Read(model, run[Site.AttentionOut[l]]), Read(model, run[Site.MlpOut[l]])])];
    }

    private static float[] Read(Model model, Tensor tensor)
    {
        float[] values = new float[tensor.Shape.Count];
        model.Device.Read(tensor, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private static (double Mean, double Largest) Change(float[] a, float[] b, int width)
    {
        double[] changes = [.. Enumerable.Range(0, a.Length / width).Select(row =>
        {
            var pairs = a.Skip(row * width).Take(width).Zip(b.Skip(row * width)).ToArray();
            return Math.Sqrt(pairs.Sum(p => Math.Pow((double)p.First - p.Second, 2))) / Math.Max(Math.Sqrt(pairs.Sum(p => Math.Pow(p.First, 2))), 1e-6);
        })];
        return (changes.Average(), changes.Max());
    }
}
