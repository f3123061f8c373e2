using Weir.Engine.Checkpoints;
using Weir.Engine.Lens;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Engine.Tests.Weights;

/// <summary>Vectors of MLPs against the checkpoint's own numbers, and changes of them.</summary>
public sealed class ModelVectorsTests
{
    [Theory]
    [OnDevices("llama3", MlpMatrix.Up, "model.layers.{l}.mlp.up_proj.weight", false)]
    [OnDevices("llama3", MlpMatrix.Gate, "model.layers.{l}.mlp.gate_proj.weight", false)]
    [OnDevices("llama3", MlpMatrix.Down, "model.layers.{l}.mlp.down_proj.weight", true)]
    [OnDevices("gpt2", MlpMatrix.Up, "transformer.h.{l}.mlp.c_fc.weight", true)]
    [OnDevices("gpt2", MlpMatrix.Down, "transformer.h.{l}.mlp.c_proj.weight", false)]
    public void VectorsAreTheCheckpointsNumbers(string name, MlpMatrix matrix, string tensor, bool isColumn, string device)
    {
        Model model = Fixture.Model(name, device);
        using Checkpoint checkpoint = Checkpoint.Open(Fixture.Location(name));
        int d = model.Spec.Width, inner = model.Spec.Mlp.Width, first = 3, count = inner - 4;
        using var memory = new Arena(model.Device);
        for (int layer = 0; layer < model.Spec.Layers; layer++)
        {
            float[] stored = checkpoint.Tensor(tensor.Replace("{l}", $"{layer}", StringComparison.Ordinal)).ToFloat32();
            Tensor rows = memory.Allocate(new Shape(count, d));
            model.Vectors.Read(matrix, layer, first, rows);
            float[] read = Fixture.Read(model, rows);
            for (int i = 0; i < count; i++)
            {
                float[] expected = [.. Enumerable.Range(0, d).Select(k => isColumn ? stored[(k * inner) + first + i] : stored[((first + i) * d) + k])];
                Assert.Equal(expected, read[(i * d)..((i + 1) * d)]);
                if (i % 13 == 0)
                {
                    Assert.Equal(expected, model.Vectors[new MlpVector(layer, matrix, first + i)].Values());
                }
            }
        }
    }

    [Theory]
    [OnDevices("qwen2", MlpMatrix.Up)]
    [OnDevices("qwen2", MlpMatrix.Gate)]
    [OnDevices("pythia", MlpMatrix.Down)]
    public void APassRunsOnAReplacedVectorAndOnTheOldOneWhenItIsBack(string name, MlpMatrix matrix, string device)
    {
        Model model = Fixture.Model(name, device);
        int[][] prompts = Fixture.Prompts(name);
        float[] before = Fixture.Logits(model, prompts);
        var vector = new MlpVector(1, matrix, 5);
        StoredVector old = model.Vectors.Replace(vector, [.. Enumerable.Range(0, model.Spec.Width).Select(i => i % 3 == 0 ? 2f : -1.5f)]);
        try
        {
            Assert.Equal(-1.5f, model.Vectors[vector].Values()[1]);
            Assert.NotEqual(before, Fixture.Logits(model, prompts));
        }
        finally
        {
            model.Vectors.Restore(old);
        }

        Assert.Equal(before, Fixture.Logits(model, prompts));
    }

    [Fact]
    public void NormsAreThoseInFrontAndGainsHaveTheirOffset()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Fixture.Location("gemma2"));
        float[] stored = checkpoint.Tensor("model.layers.1.pre_feedforward_layernorm.weight").ToFloat32();
        Assert.Equal(stored.Select(x => x + 1), Fixture.Model("gemma2").Vectors.MlpNorm(1)!.Gain);
        Assert.Null(Fixture.Model("olmo2").Vectors.MlpNorm(0)); // It norms outputs.
        Assert.True(Fixture.Model("gpt2").Vectors.FinalNorm is { IsCentered: true, Bias: not null });
    }

    [Fact]
    public void AStreamedModelIsReadAndRefusesChangesThatWouldNotLast()
    {
        using Model streamed = Model.Load(Fixture.Location("llama3"), new LoadOptions { Device = Fixture.Device(TestDevices.Cpu), StreamWeights = true });
        var vector = new MlpVector(1, MlpMatrix.Gate, 7);
        StoredVector stored = streamed.Vectors[vector];
        Assert.Equal(Fixture.Model("llama3").Vectors[vector].Bits, stored.Bits);
        Assert.Contains("streamed", Assert.Throws<WeirException>(() => streamed.Vectors.Restore(stored)).Message, StringComparison.Ordinal);
        Assert.Throws<WeirException>(() => streamed.Vectors.Replace(vector, new float[streamed.Spec.Width]));
    }

    [Fact]
    public void WhatAModelHasNotIsRefused()
    {
        Assert.Contains("no gate", Assert.Throws<WeirException>(() => Fixture.Model("gpt2").Vectors[new MlpVector(0, MlpMatrix.Gate, 0)]).Message, StringComparison.Ordinal);
        Model model = Fixture.Model("llama3");
        Assert.Contains("no neuron 99.0", Assert.Throws<WeirException>(() => model.Vectors[new MlpVector(99, MlpMatrix.Up, 0)]).Message, StringComparison.Ordinal);
        Assert.Throws<WeirException>(() => model.Vectors.Restore(new StoredVector(new MlpVector(0, MlpMatrix.Up, 0), ElementType.F16, new byte[2 * model.Spec.Width])));
        Model projected = Fixture.Model("opt-postnorm");
        using var memory = new Arena(projected.Device);
        Tensor rows = memory.Allocate(new Shape(1, projected.Spec.Width));
        Assert.Contains("behind a projection", Assert.Throws<WeirException>(() => projected.Vectors.ReadTokens(LensBasis.Embedding, [1], rows)).Message, StringComparison.Ordinal);
    }
}
