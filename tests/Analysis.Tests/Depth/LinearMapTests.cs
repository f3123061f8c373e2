using Weir.Analysis.Depth;
using Weir.Analysis.Statistics;
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
        LinearMapResult result = LinearMaps.Run(model, model, windows, new LinearMapOptions { Contributions = contributions, Weighting = weighting, Ridges = [1e-9] });
        int states = Layers + (contributions ? 0 : 1);
        Assert.Equal((states, states), (result.Errors.Rows, result.Errors.Columns));
        for (int l = 0; l < states; l++)
        {
            Assert.True(result.Errors.Ratio(l, l) < 1e-3, $"boundary {l} maps onto itself with an error of {result.Errors.Ratio(l, l)}");
            Assert.True(result.ConstantErrors.Ratio(l, 0) > 0.3);
            if (l > 0)
            {
                Assert.True(result.Errors.Ratio(0, l) > 0.01, "a layer that is not linear is mapped without error");
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
        LinearMapResult result = LinearMaps.Run(a, b, Windows(30), new LinearMapOptions { Ridges = [1e-9] });
        for (int l = 0; l <= Layers; l++)
        {
            Assert.True(result.Errors.Ratio(l, l) < 1e-3, $"boundary {l}: {result.Errors.Ratio(l, l)}");
        }
    }

    [Fact]
    public void GroupsOfTargetsChangeNoBitAndDifferentVocabulariesAreAnError()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(Layers, Width, Width, Vocabulary, epsilon: 1e-5);
        using var other = new ToyModel(2, Width, Width, Vocabulary + 1, epsilon: 1e-5);
        using Model model = toy.Random(1).Load(device), different = other.Random(2).Load(device);
        RatioTable whole = LinearMaps.Run(model, model, Windows(20)).Errors, parts = LinearMaps.Run(model, model, Windows(20), new LinearMapOptions { MostBytes = 1 }).Errors;
        Assert.Equal(whole.Map(), parts.Map());
        Assert.Contains("DifferentTokenizers", Assert.Throws<WeirException>(() => LinearMaps.Run(model, different, Windows(20))).Message, StringComparison.Ordinal);
        Assert.Contains("ShortText", Assert.Throws<WeirException>(() => LinearMaps.Run(model, model, Windows(1))).Message, StringComparison.Ordinal);
        Assert.Contains("SingularFit", Assert.Throws<WeirException>(() => LinearMaps.Run(model, model, Windows(2), new LinearMapOptions { Ridges = [0], HeldOut = 0.5 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RSquaredIsOneOfAPerfectMapAndNoneOfTheMean()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(Layers, Width, Width, Vocabulary, epsilon: 1e-5);
        using Model model = toy.Random(1).Load(device);
        LinearMapResult exact = LinearMaps.Run(model, model, Windows(30), new LinearMapOptions { Ridges = [1e-9] });
        LinearMapResult none = LinearMaps.Run(model, model, Windows(30), new LinearMapOptions { Ridges = [1e12] });
        for (int l = 0; l <= Layers; l++)
        {
            Assert.Equal(1, exact.RSquared(l, l).Mean, 1e-5);
            Estimate later = exact.RSquared(0, l);
            Assert.True(later.Low <= later.Mean && later.Mean <= later.High && later.High <= 1);
            Assert.Equal(6, later.Count);

            // A penalty so large leaves the mean alone.
            Assert.Equal(0, none.RSquared(l, l).Mean, 1e-4);
            Assert.Equal(none.ConstantErrors.Ratio(l, 0), none.Errors.Ratio(l, l), 1e-4);
        }
    }

    [Fact]
    public void TheRidgePenaltyIsChosenOnWindowsOfItsOwn()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(Layers, Width, Width, Vocabulary, epsilon: 1e-5);
        using var other = new ToyModel(2, Width, Width, Vocabulary, epsilon: 1e-5);
        using Model a = toy.Random(1).Load(device), b = other.Random(2).Load(device);
        double[] ridges = [1e-9, 0.1, 3];
        int[][] windows = Windows(15);
        LinearMapResult path = LinearMaps.Run(a, b, windows, new LinearMapOptions { Ridges = ridges });
        Assert.Equal((9 * 11, 3 * 11, 3 * 11), (path.FittedTokens, path.ValidationTokens, path.TestedTokens));

        // Each map is that of a run with its penalty alone, fitted to the same windows and tested on the same.
        LinearMapResult[] alone = [.. ridges.Select(r => LinearMaps.Run(a, b, [.. windows[..9], .. windows[12..]], new LinearMapOptions { Ridges = [r], HeldOut = 0.25 }))];
        for (int m = 0; m <= Layers; m++)
        {
            for (int l = 0; l <= 2; l++)
            {
                int best = Enumerable.Range(0, 3).MinBy(k => path.ValidationErrors[k].Ratio(m, l));
                Assert.Equal(ridges[best], path.ChosenRidges[m, l]);
                Assert.Equal(alone[best].Errors.Ratio(m, l), path.Errors.Ratio(m, l));
            }
        }

        // Fitted to few tokens of an unlike model, some map is better off with a penalty; and what it is tested on has no say.
        Assert.Contains(path.ChosenRidges.Cast<double>(), r => r > 1e-9);
        LinearMapResult retold = LinearMaps.Run(a, b, [.. windows[..12], .. Windows(30)[27..]], new LinearMapOptions { Ridges = ridges });
        Assert.Equal(path.ChosenRidges, retold.ChosenRidges);
        Assert.NotEqual(path.Errors.Map(), retold.Errors.Map());

        // Groups of targets change no bit of it, and without windows to choose on there is no choice.
        LinearMapResult parts = LinearMaps.Run(a, b, windows, new LinearMapOptions { Ridges = ridges, MostBytes = 1 });
        Assert.Equal(path.Errors.Map(), parts.Errors.Map());
        Assert.Contains("to choose a ridge", Assert.Throws<WeirException>(() => LinearMaps.Run(a, b, Windows(2), new LinearMapOptions { Ridges = ridges })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => LinearMaps.Run(a, b, windows, new LinearMapOptions { Ridges = [] }));
    }

    [Fact]
    public void APenaltyWithoutASolutionIsPassedOverWhileAnotherHasOne()
    {
        // Fewer tokens than inputs leave the least squares without a penalty singular.
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(Layers, Width, Width, Vocabulary, epsilon: 1e-5);
        using Model model = toy.Random(1).Load(device);
        LinearMapResult result = LinearMaps.Run(model, model, Windows(3), new LinearMapOptions { Ridges = [0, 1e-2], HeldOut = 0.3 });
        Assert.All(result.ChosenRidges.Cast<double>(), r => Assert.Equal(1e-2, r));
        Assert.All(result.ValidationErrors[0].Map().Cast<double>(), e => Assert.Equal(double.PositiveInfinity, e));
        LinearMapResult alone = LinearMaps.Run(model, model, [Windows(3)[0], Windows(3)[2]], new LinearMapOptions { Ridges = [1e-2], HeldOut = 0.5 });
        Assert.Equal(alone.Errors.Map(), result.Errors.Map());
        Assert.Contains("SingularFit", Assert.Throws<WeirException>(() => LinearMaps.Run(model, model, Windows(3), new LinearMapOptions { Ridges = [0, 0], HeldOut = 0.3 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BytesCountAllSumsAndMaps()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using var toy = new ToyModel(Layers, Width, Width, Vocabulary, epsilon: 1e-5);
        using Model model = toy.Random(1).Load(device);
        const long Sources = Layers + 1, Inputs = Width + 1;
        Assert.Equal(
            (8 * (Sources + 1) * Inputs * Inputs) + (8 * (Sources + 1) * Inputs * 2 * Width) + (4 * 3 * Sources * Inputs * 2 * Width),
            LinearMaps.Bytes(model, model, new LinearMapOptions { Ridges = [1, 2, 3] }, 2));

        // The targets of one pass are as many as fit: the models run once over the text, or twice.
        var once = new LinearMapOptions { MostBytes = LinearMaps.Bytes(model, model, new LinearMapOptions(), Layers + 1) };
        Assert.Equal((1, 2), (Passes(once), Passes(once with { MostBytes = once.MostBytes - 1 })));

        int Passes(LinearMapOptions options)
        {
            // At the end of a pass the fraction done is that of its targets.
            var told = new List<double>();
            _ = LinearMaps.Run(model, model, Windows(5), options with { Progress = new Progress(told.Add) });
            return told.Count / 2;
        }
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

    private sealed class Progress(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
