using Weir.Engine.Forward;
using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Engine.Tests.Weights;

/// <summary>A model of which one block at a time is on the device.</summary>
public sealed class StreamedWeightsTests
{
    [Theory]
    [InlineData("llama3", "cpu")]
    [InlineData("gpt2", "cpu")]
    [InlineData("gemma2", "cpu")]
    [InlineData("qwen2", "emulated-f32")]
    public void ForwardWaveAndGenerationGiveTheSameBits(string name, string device)
    {
        using IDevice opened = TestDevices.Open(device == TestDevices.Cpu ? device : TestDevices.F32);
        using Model whole = Load(name, opened, stream: false), streamed = Load(name, opened, stream: true);
        int[][] prompts = [Fixture.Prompts(name)[0][..8]];
        Fixture.SameBits(Fixture.Logits(whole, prompts), Fixture.Logits(streamed, prompts), name);
        Assert.Equal(Cells(whole, prompts), Cells(streamed, prompts));
        var options = new GenerationOptions { MaxTokens = 3, EndTokens = [] };
        Assert.Equal(Generator.Complete(whole, prompts, options)[0], Generator.Complete(streamed, prompts, options)[0]);
    }

    [Fact]
    public void OneBlockIsOnTheDeviceAtATime()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model whole = Load("llama3", device, stream: false);
        long before = device.Counters.BytesAllocated;
        using Model streamed = Load("llama3", device, stream: true);
        long fixedBytes = device.Counters.BytesAllocated - before, block = (whole.WeightBytes - streamed.ResidentWeightBytes) / (whole.Spec.Layers - 1);
        Assert.Equal(whole.WeightBytes, streamed.WeightBytes);
        Assert.Equal(whole.WeightBytes, whole.ResidentWeightBytes);
        Assert.InRange(fixedBytes, 1, whole.WeightBytes - (whole.Spec.Layers * block) + 4096);

        // Behind every block, one block is there: its matrices, padded for the products, and its norms.
        int seen = 0;
        var watch = new Watch(() => Assert.InRange(((StreamedBlocks)streamed.Weights.Blocks).HeldBytes, block, (long)(block * 1.25) + (16L * whole.Spec.Width)), () => seen++);
        var hooks = new HookSet().Capture(Site.ResidualPost[whole.Spec.Layers - 1]);
        streamed.Forward(Fixture.Prompts("llama3")[0], hooks, new ForwardOptions { Logits = LogitRows.None, Progress = watch }).Dispose();
        Assert.Equal(whole.Spec.Layers, seen);
    }

    /// <summary>Blocks that are read later are no part of the loading.</summary>
    [Theory]
    [InlineData("llama3", false)]
    [InlineData("llama3", true)]
    [InlineData("gpt2", true)]
    public void LoadingEndsAtTheWhole(string name, bool stream)
    {
        var told = new Fractions();
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Location(name), new LoadOptions { Device = device, StreamWeights = stream, Progress = told });
        Assert.Equal(told.Values.Order(), told.Values);
        Assert.Equal(1, told.Values[^1]);
    }

    [Fact]
    public void ChangingAStreamedWeightIsAnError()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model streamed = Load("llama3", device, stream: true);
        Assert.Contains("UnsupportedEdit", Assert.Throws<WeirException>(() =>
            streamed.Vectors.Replace(new MlpVector(0, MlpMatrix.Down, 0), new float[streamed.Spec.Width])).Message, StringComparison.Ordinal);
    }

    private static Model Load(string name, IDevice device, bool stream) => Model.Load(Fixture.Location(name), new LoadOptions { Device = device, StreamWeights = stream });

    private static string[] Cells(Model model, int[][] prompts)
    {
        Variant[] variants = [.. Enumerable.Range(0, model.Spec.Layers).Select(s => new Variant($"{s}", [Edit.Skip(Site.ResidualPost[s]) with { Positions = 1.. }]))];
        ISweepMetric[] metrics = [new ContributionMetric(SweepPoint.Contribution), new DistributionMetric()];
        return [.. new Sweep(model, prompts, variants, metrics).Run().SelectMany(c => c).SelectMany(c => c.Values.Select(v => $"{c.Name} {v.Name} {v.Layer} {v.Value:R}"))];
    }

    private sealed class Fractions : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }

    private sealed class Watch(Action look, Action count) : IProgress<double>
    {
        public void Report(double value)
        {
            look();
            count();
        }
    }
}
