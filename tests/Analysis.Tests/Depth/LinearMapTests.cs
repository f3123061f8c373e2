using Weir.Analysis.Depth;
using Weir.Engine;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Depth;

/// <summary>Linear maps between the residuals of two models.</summary>
public sealed class LinearMapTests
{
    private const int Layers = 3, Width = 16, Vocabulary = 40;

    [Theory]
    [InlineData(false, MapWeighting.Equal, "cpu")]
    [InlineData(false, MapWeighting.InverseSquare, "cpu")]
    [InlineData(true, MapWeighting.Equal, "cpu")]
    [InlineData(false, MapWeighting.Equal, "emulated-f32")]
    public void Acceptance8_AModelMapsOntoItselfWithoutError(bool contributions, MapWeighting weighting, string device)
    {
        using IDevice opened = TestDevices.Open(device == TestDevices.Cpu ? device : TestDevices.F32);
        using var toy = new ToyModel(Layers, Width, Width, Vocabulary, epsilon: 1e-5);
        using Model model = toy.Random(1).Load(opened);
        int[][] windows = Windows(device == TestDevices.Cpu ? 30 : 8);
        LinearMapResult result = LinearMaps.Run(model, model, windows, new LinearMapOptions { Contributions = contributions, Weighting = weighting, Ridge = 1e-9 });
        int states = Layers + (contributions ? 0 : 1);
        Assert.Equal((states, states), (result.Errors.Rows, result.Errors.Columns));
        for (int l = 0; l < states; l++)
        {
            Assert.True(result.Errors.Max(l, l) < 1e-3, $"boundary {l} maps onto itself with an error of {result.Errors.Max(l, l)}");
            Assert.True(result.ConstantErrors.Mean(l, 0) > 0.3);
            if (l > 0)
            {
                Assert.True(result.Errors.Mean(0, l) > 0.01, "a layer that is not linear is mapped without error");
            }
        }

        Assert.Equal([.. Enumerable.Range(0, states)], result.BestTargets);
        Assert.Equal(windows.Sum(w => w.Length - 1), result.FittedTokens + result.TestedTokens);
    }

    [Fact]
    public void Acceptance8_ACopyWithPermutedFeaturesIsMappedWithoutError()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        int[] permutation = [.. Enumerable.Range(0, Width)];
        new Random(3).Shuffle(permutation);
        using var toy = new ToyModel(Layers, Width, Width, Vocabulary, epsilon: 1e-5);
        using var permuted = new ToyModel(Layers, Width, Width, Vocabulary, epsilon: 1e-5);
        toy.Random(1);
        permuted.Random(1);
        Columns(permuted.Embedding, permutation);
        Columns(permuted.Head, permutation);
        for (int l = 0; l < Layers; l++)
        {
            foreach (string name in (string[])["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"])
            {
                Columns(permuted[l, $"{name}.weight"], permutation);
            }

            Rows(permuted[l, "self_attn.o_proj.weight"], permutation);
            Rows(permuted[l, "mlp.down_proj.weight"], permutation);
        }

        using Model a = toy.Load(device), b = permuted.Load(device);
        LinearMapResult result = LinearMaps.Run(a, b, Windows(30), new LinearMapOptions { Ridge = 1e-9 });
        for (int l = 0; l <= Layers; l++)
        {
            Assert.True(result.Errors.Max(l, l) < 1e-3, $"boundary {l}: {result.Errors.Max(l, l)}");
        }
    }

    [Fact]
    public void GroupsOfTargetsChangeNoBitAndDifferentVocabulariesAreAnError()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(Layers, Width, Width, Vocabulary, epsilon: 1e-5);
        using var other = new ToyModel(2, Width, Width, Vocabulary + 1, epsilon: 1e-5);
        using Model model = toy.Random(1).Load(device), different = other.Random(2).Load(device);
        SampleTable whole = LinearMaps.Run(model, model, Windows(20)).Errors, parts = LinearMaps.Run(model, model, Windows(20), new LinearMapOptions { MostBytes = 1 }).Errors;
        Assert.Equal(whole.Map(whole.Mean), parts.Map(parts.Mean));
        Assert.Contains("DifferentTokenizers", Assert.Throws<WeirException>(() => LinearMaps.Run(model, different, Windows(20))).Message, StringComparison.Ordinal);
        Assert.Contains("ShortText", Assert.Throws<WeirException>(() => LinearMaps.Run(model, model, Windows(1))).Message, StringComparison.Ordinal);
        Assert.Contains("SingularFit", Assert.Throws<WeirException>(() => LinearMaps.Run(model, model, Windows(2), new LinearMapOptions { Ridge = 0, HeldOut = 0.5 })).Message, StringComparison.Ordinal);
    }

    private static int[][] Windows(int count)
    {
        var random = new Random(11);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, 12).Select(_ => random.Next(Vocabulary)).ToArray())];
    }

    private static void Columns(float[] matrix, int[] permutation)
    {
        float[] old = [.. matrix];
        for (int i = 0; i < matrix.Length; i++)
        {
            matrix[i] = old[(i - (i % Width)) + permutation[i % Width]];
        }
    }

    private static void Rows(float[] matrix, int[] permutation)
    {
        float[] old = [.. matrix];
        int width = matrix.Length / Width;
        for (int i = 0; i < matrix.Length; i++)
        {
            matrix[i] = old[(permutation[i / width] * width) + (i % width)];
        }
    }
}
