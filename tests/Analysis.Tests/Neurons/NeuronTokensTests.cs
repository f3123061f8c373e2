using Weir.Analysis.Neurons;
using Weir.Engine;
using Weir.Engine.Checkpoints;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Neurons;

/// <summary>Tokens of neurons against products in f64 from the checkpoint's own numbers.</summary>
public sealed class NeuronTokensTests
{
    [Theory]
    [OnDevices("gpt2", "transformer.h.{l}.mlp.c_proj.weight", true, "transformer.wte.weight")]
    [OnDevices("llama3", "model.layers.{l}.mlp.down_proj.weight", false, "lm_head.weight")]
    public void TopTokensAreThoseOfTheBareProduct(string name, string down, bool inputsFirst, string head, string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using Model model = Model.Load(Fixture.Model(name), new LoadOptions { Device = opened });
        using Checkpoint checkpoint = Checkpoint.Open(Fixture.Model(name));
        const int K = 5;
        int d = model.Spec.Width;
        int inner = model.Spec.Mlp.Width;
        int[] ids = NeuronTokens.Run(model, K);
        float[] unembedding = checkpoint.Tensor(head).ToFloat32();
        for (int l = 0; l < model.Spec.Layers; l++)
        {
            float[] w = checkpoint.Tensor(down.Replace("{l}", $"{l}", StringComparison.Ordinal)).ToFloat32();
            foreach (int neuron in (int[])[0, 1, inner / 2, inner - 1])
            {
                double[] products = [.. Enumerable.Range(0, model.Spec.VocabularySize).Select(v => Enumerable.Range(0, d).Sum(i =>
                    (double)unembedding[(v * d) + i] * (inputsFirst ? w[(neuron * d) + i] : w[(i * inner) + neuron])))];
                double[] best = [.. products.OrderDescending().Take(K)];
                for (int k = 0; k < K; k++)
                {
                    Assert.Equal(best[k], products[ids[(((l * inner) + neuron) * K) + k]], 1e-5);
                }
            }
        }
    }
}
