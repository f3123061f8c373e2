using Weir.Analysis.Depth;
using Weir.Engine;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Analysis.Tests.Depth;

/// <summary>Propagated and local effects of skipped layers against their definitions.</summary>
public sealed class SkipEffectsTests
{
    private static readonly int[][] Prompts = [[5, 9, 14, 30, 7, 8, 11, 2, 3, 40], [20, 21, 22, 6, 1, 17]];
    private static readonly SkipOptions Everything = new()
    {
        Parts = [SkippedPart.Layer, SkippedPart.Attention, SkippedPart.Mlp],
        Splits = [[4, 7], [3]],
    };

    /// <summary>Where the residual itself is normed, attention and MLP are not all that a layer does to it.</summary>
    [Fact]
    public void AModelThatNormsItsResidualIsRefused()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("opt-postnorm"), new LoadOptions { Device = device });
        Action[] refused = [() => SkipEffects.Run(model, Prompts, Everything), () => LocalEffects.Run(model, Prompts, Everything), () => DepthProfile.Run(model, Prompts)];
        Assert.All(refused, run => Assert.Contains("norms the residual itself", Assert.Throws<WeirException>(run).Message, StringComparison.Ordinal));
    }

    [Theory]
    [OnDevices("gpt2")]
    [InlineData("gemma2", "cpu")]
    [InlineData("llama3", "cpu")]
    [InlineData("pythia", "cpu")]
    [InlineData("olmo2", "cpu")]
    public void Acceptance1_TheWaveGivesTheBitsOfTheNaiveLoopForAllParts(string name, string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using Model model = Model.Load(Fixture.Model(name), new LoadOptions { Device = opened });
        // The emulator is slow: the short prompt does.
        int first = device == TestDevices.Cpu ? 0 : 1;
        int[][] prompts = Prompts[first..];
        SkipOptions options = Everything with { Splits = [.. Everything.Splits!.Skip(first)] };
        SkipEffects effects = SkipEffects.Run(model, prompts, options);
        int layers = model.Spec.Layers;
        foreach ((SkippedPart part, SkipReach reach) in effects.Measured)
        {
            var expected = new SampleTable(prompts.Length, layers, layers);
            var outputs = new SampleTable(prompts.Length, layers, 1);
            foreach ((int p, int split) in from p in Enumerable.Range(0, prompts.Length) from split in reach == SkipReach.Future ? options.Splits![p] : [0] select (p, split))
            {
                for (int s = 0; s < layers; s++)
                {
                    Site site = part switch { SkippedPart.Attention => Site.AttentionOut[s], SkippedPart.Mlp => Site.MlpOut[s], _ => Site.ResidualPost[s] };
                    (double[][] changes, double[] distances) = NaiveEffects.Of(model, prompts[p], Edit.Skip(site) with { Positions = 1..(split == 0 ? prompts[p].Length : split) });
                    for (int position = split; position < prompts[p].Length; position++)
                    {
                        outputs.Add(p, s, 0, distances[position]);
                        for (int l = s; l < layers; l++)
                        {
                            // The naive run still has the skipped layer's attn_out and mlp_out, which it does not add.
                            double own = reach == SkipReach.AllPositions && position > 0 ? 1 : 0;
                            expected.Add(p, s, l, l == s && part == SkippedPart.Layer ? own : changes[l][position]);
                        }
                    }
                }
            }

            SampleTable actual = effects.Of(part, reach);
            for (int s = 0; s < layers; s++)
            {
                Assert.Equal(outputs.Max(s, 0), effects.OutputsOf(part, reach).Max(s, 0));
                for (int l = 0; l < layers; l++)
                {
                    Assert.Equal(expected.Max(s, l), actual.Max(s, l));
                    Assert.Equal(expected.Mean(s, l), actual.Mean(s, l), 1e-12);
                    Assert.Equal(expected.Count(s, l), actual.Count(s, l));
                }
            }
        }
    }

    [Fact]
    public void Acceptance1_EffectsAreExactBeforeAndAtTheSkippedLayer()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("qwen3"), new LoadOptions { Device = device });
        SkipEffects effects = SkipEffects.Run(model, Prompts, Everything);
        SampleTable all = effects.Of(SkippedPart.Layer, SkipReach.AllPositions), future = effects.Of(SkippedPart.Layer, SkipReach.Future);
        for (int s = 0; s < model.Spec.Layers; s++)
        {
            for (int l = 0; l < s; l++)
            {
                Assert.Equal(0, all.Max(s, l));
                Assert.Equal(0, effects.Of(SkippedPart.Attention, SkipReach.Future).Max(s, l));
            }

            Assert.Equal(1, all.Max(s, s));
            Assert.Equal(0, all.Quantile(s, s, 0));
            Assert.Equal(14.0 / 16, all.Mean(s, s), 1e-12);
            Assert.Equal(0, future.Max(s, s));
            Assert.Equal(3 + 6 + 3, future.Count(s, s));
        }

        Assert.True(all.Max(0, 1) > 0.01 && future.Max(0, 1) > 1e-4, "skipping a layer of a model of random weights does something");
    }

    [Fact]
    public void Acceptance9_PositionZeroIsUnchangedInEveryIntervenedRun()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("qwen3"), new LoadOptions { Device = device });
        var metric = new FirstRows();
        Variant[] variants = [.. Enumerable.Range(0, model.Spec.Layers).Select(s => new Variant($"{s}", [Edit.Skip(Site.ResidualPost[s]) with { Positions = 1.., Sequences = [1, 0] }]))];
        Assert.NotEmpty(new Sweep(model, Prompts, variants, [metric]).Run().SelectMany(c => c));
        Assert.Equal(0, metric.Largest);
        Assert.True(metric.Seen >= 2 * model.Spec.Layers);
    }

    [Fact]
    public void Acceptance9_AnEmptySkipSetLeavesTheLogitsBitIdentical()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("qwen3"), new LoadOptions { Device = device });

        // The second prompt is acted on, the first not, in one variant.
        var metric = new DistributionMetric { Positions = .. };
        Variant[] variants = [new("second", [Edit.Skip(Site.ResidualPost[0]) with { Positions = 1.., Sequences = [1] }])];
        SweepCell cell = Assert.Single(new Sweep(model, Prompts, variants, [metric]).Run().SelectMany(c => c));
        Assert.Equal(1, cell.Prompt);
        var whole = new AllDistances();
        _ = new Sweep(model, Prompts, variants, [whole]).Run().Count();
        Assert.All(whole.Distances[..Prompts[0].Length], d => Assert.Equal(0, d));
        Assert.Contains(whole.Distances[Prompts[0].Length..], d => d > 0);
    }

    [Fact]
    public void Acceptance10_PromptBatchAndGroupsChangeNoBit()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("llama3"), new LoadOptions { Device = device });
        SkipEffects whole = SkipEffects.Run(model, Prompts, Everything);
        SkipEffects maxima = SkipEffects.Run(model, Prompts, Everything with { OnlyMaxima = true });
        foreach ((SkippedPart part, SkipReach reach) in whole.Measured)
        {
            foreach ((SampleTable all, SampleTable largest) in ((SampleTable, SampleTable)[])[(whole.Of(part, reach), maxima.Of(part, reach)), (whole.OutputsOf(part, reach), maxima.OutputsOf(part, reach))])
            {
                Assert.Equal(all.Map(all.Max), largest.Map(largest.Max));
                Assert.Throws<InvalidOperationException>(() => largest.Mean(0, 0));
            }
        }

        LocalEffects local = LocalEffects.Run(model, Prompts, Everything);
        foreach (long rows in new[] { 1, 40 })
        {
            SkipOptions small = Everything with { MostBytes = rows * SweepPlan.RowBytes(model.Spec) };
            Assert.True(SkipEffects.Plan(model, Prompts, small).Waves.Count > 1);
            SkipEffects parts = SkipEffects.Run(model, Prompts, small);
            foreach ((SkippedPart part, SkipReach reach) in whole.Measured)
            {
                Same(whole.Of(part, reach), parts.Of(part, reach));
                Same(whole.OutputsOf(part, reach), parts.OutputsOf(part, reach));
            }

            LocalEffects localParts = LocalEffects.Run(model, Prompts, small);
            Assert.All(local.Measured, reach => Same(local.Of(reach), localParts.Of(reach)));
        }

        SkipEffects alone = SkipEffects.Run(model, [Prompts[1]], Everything with { Splits = [Everything.Splits![1]] });
        for (int s = 0; s < model.Spec.Layers; s++)
        {
            Assert.Equal(whole.Of(SkippedPart.Layer, SkipReach.AllPositions).MaxOf(1, s, model.Spec.Layers - 1), alone.Of(SkippedPart.Layer, SkipReach.AllPositions).MaxOf(0, s, model.Spec.Layers - 1));
        }
    }

    [Fact]
    public void Acceptance10_StreamedWeightsChangeNoBit()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("llama3"), new LoadOptions { Device = device });
        using Model streamed = Model.Load(Fixture.Model("llama3"), new LoadOptions { Device = device, StreamWeights = true });
        SkipEffects whole = SkipEffects.Run(model, Prompts, Everything), parts = SkipEffects.Run(streamed, Prompts, Everything);
        Assert.All(whole.Measured, m => Same(whole.Of(m.Part, m.Reach), parts.Of(m.Part, m.Reach)));
        Assert.All(whole.Measured, m => Same(whole.OutputsOf(m.Part, m.Reach), parts.OutputsOf(m.Part, m.Reach)));
        LocalEffects local = LocalEffects.Run(model, Prompts, Everything), localParts = LocalEffects.Run(streamed, Prompts, Everything);
        Assert.All(local.Measured, reach => Same(local.Of(reach), localParts.Of(reach)));
        DepthProfile profile = DepthProfile.Run(model, Prompts), profileParts = DepthProfile.Run(streamed, Prompts);
        Assert.All(Enum.GetValues<DepthMeasure>(), m => Same(profile[m], profileParts[m]));
        float[][] means = ResidualErasure.Means(model, Prompts, Range.All);
        Assert.Equal(means, ResidualErasure.Means(streamed, Prompts, Range.All));
        Assert.Equal(ResidualErasure.Run(model, Prompts[1], ^1.., (l, _) => means[l]), ResidualErasure.Run(streamed, Prompts[1], ^1.., (l, _) => means[l]));
    }

    [Theory]
    [OnDevices("gpt2")]
    [InlineData("olmo2", "cpu")]
    public void Trap4_LocalEffectsSubtractTheContribution(string name, string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using Model model = Model.Load(Fixture.Model(name), new LoadOptions { Device = opened });
        LocalEffects effects = LocalEffects.Run(model, Prompts, Everything);
        int width = model.Spec.Width;
        int[] prompt = Prompts[0];
        for (int l = 1; l < model.Spec.Layers; l++)
        {
            for (int s = 0; s < l; s++)
            {
                float[] c = Contribution(model, prompt, s), h = NaiveEffects.Captured(model, prompt, Site.ResidualPre[l]);
                double Expected(int split)
                {
                    int end = split == 0 ? prompt.Length : split;
                    float[] rows = [.. h[width..(end * width)].Select((x, i) => x - c[width + i])];
                    return NaiveEffects.Of(model, prompt, Edit.Replace(Site.ResidualPre[l], rows) with { Positions = 1..end }).Layers[l][split..].Max();
                }

                Assert.Equal(Expected(0), effects.Of(SkipReach.AllPositions).MaxOf(0, s, l));
                Assert.Equal(Math.Max(Expected(4), Expected(7)), effects.Of(SkipReach.Future).MaxOf(0, s, l));
            }

            Assert.Equal(0, effects.Of(SkipReach.AllPositions).Count(l, l));
        }
    }

    [Theory]
    [InlineData("llama3")]
    [InlineData("olmo2")]
    [InlineData("gemma2")]
    public void Trap3_WhatIsMeasuredIsWhatIsAddedBehindPostNormsToo(string name)
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model(name), new LoadOptions { Device = device });
        for (int l = 0; l < model.Spec.Layers; l++)
        {
            float[] c = Contribution(model, Prompts[0], l);
            float[] before = NaiveEffects.Captured(model, Prompts[0], Site.ResidualPre[l]), after = NaiveEffects.Captured(model, Prompts[0], Site.ResidualPost[l]);
            for (int i = 0; i < c.Length; i++)
            {
                Assert.Equal(after[i] - (double)before[i], c[i], 1e-5 * Math.Max(1, Math.Abs(after[i])));
            }
        }
    }

    [Fact]
    public void TheWaveDoesTheWorkOfTheFormula()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("qwen3"), new LoadOptions { Device = device });
        int layers = model.Spec.Layers;
        int[] prompt = Prompts[0];
        var options = new SkipOptions { Splits = [[3, 5, 6, 8]], AllPositions = false, Outputs = false };
        long before = device.Counters.Flops;
        model.Forward(prompt, new HookSet().Capture(Site.ResidualPost[layers - 1]), new Engine.Forward.ForwardOptions { Logits = Engine.Forward.LogitRows.None }).Dispose();
        long block = (device.Counters.Flops - before) / layers;

        // Of 1 + 4 L passes of L blocks the prefixes fall away: layer l runs the baseline and four splits of the l layers before it.
        before = device.Counters.Flops;
        _ = SkipEffects.Run(model, [prompt], options);
        long done = device.Counters.Flops - before;
        Assert.Equal(Enumerable.Range(0, layers).Sum(l => (1 + (4L * l)) * block), done);
        SweepPlan plan = SkipEffects.Plan(model, [prompt], options);
        Assert.Equal(done, plan.Flops);
        Assert.Equal((1 + (4L * layers)) * layers * block, plan.NaiveFlops);
    }

    [Fact]
    public void OptionsThatMeasureNothingAreErrors()
    {
        using IDevice device = TestDevices.Open(TestDevices.Cpu);
        using Model model = Model.Load(Fixture.Model("gpt2"), new LoadOptions { Device = device });
        void Refused(int[][] prompts, SkipOptions options) => Assert.Throws<WeirException>(() => SkipEffects.Run(model, prompts, options));
        Refused([[3]], new SkipOptions());
        Refused([[3, 4, 5]], new SkipOptions { Splits = SplitPoints.Draw([3]), AllPositions = false });
        Refused([[3, 4, 5]], new SkipOptions { Splits = [[3]] });
        Refused([[3, 4, 5]], new SkipOptions { Splits = [[1]] });
    }

    [Fact]
    public void SplitsAreThoseOfThePaper()
    {
        IReadOnlyList<IReadOnlyList<int>> splits = SplitPoints.Draw([12, 13, 100, 250]);
        Assert.Empty(splits[0]);
        Assert.Equal([8], splits[1]);
        Assert.Equal(4, splits[3].Distinct().Count());
        Assert.All(splits[2], t => Assert.True(t % 8 == 0 && t is >= 8 and < 96));
        Assert.Equal(splits, SplitPoints.Draw([12, 13, 100, 250]));
        Assert.Equal([64, 72, 80, 88], SplitPoints.Draw([100], behind: 60)[0].Order());
        Assert.Equal([[72], []], SplitPoints.Draw([80, 70], behind: 64));
        Assert.Equal([30, 34, 38, 42, 46, 50, 54], SplitPoints.InAnswers([(30, 60)], count: 9)[0].Order());
    }

    private static float[] Contribution(Model model, int[] prompt, int layer)
    {
        float[] a = NaiveEffects.Captured(model, prompt, Site.AttentionOut[layer]), m = NaiveEffects.Captured(model, prompt, Site.MlpOut[layer]);
        return [.. a.Select((x, i) => x + m[i])];
    }

    private static void Same(SampleTable a, SampleTable b)
    {
        Assert.Equal(a.Map(a.Max), b.Map(b.Max));
        Assert.Equal(a.Map((r, c) => a.Count(r, c)), b.Map((r, c) => b.Count(r, c)));
        Assert.Equal(a.Map((r, c) => a.Quantile(r, c, 0.5)), b.Map((r, c) => b.Quantile(r, c, 0.5)));
    }

    private sealed class FirstRows : ISweepMetric
    {
        public double Largest { get; private set; }

        public int Seen { get; private set; }

        public string Name => "first rows";

        public void AfterBlock(SweepStage stage, SweepRecorder record)
        {
            float[] statistics = stage.Compare(SweepPoint.ResidualPost);
            for (int v = 0; v < stage.Variants.Count; v++)
            {
                for (int s = 0; s < stage.Rows.Sequences; s++)
                {
                    Largest = Math.Max(Largest, statistics[(((v * stage.Rows.Rows) + stage.Rows.Offsets[s]) * 4) + 3]);
                    Seen++;
                }
            }
        }

        public void AtOutput(SweepStage stage, SweepRecorder record)
        {
            foreach (float[] distances in stage.CompareDistributions((_, _) => ..1))
            {
                Largest = Math.Max(Largest, distances.Max());
                Seen += distances.Length / 4;
            }
        }
    }

    private sealed class AllDistances : ISweepMetric
    {
        public double[] Distances { get; private set; } = [];

        public string Name => "all distances";

        public void AfterBlock(SweepStage stage, SweepRecorder record)
        {
        }

        public void AtOutput(SweepStage stage, SweepRecorder record) =>
            Distances = [.. stage.CompareDistributions((_, _) => ..)[0].Chunk(4).Select(d => (double)d[2])];
    }
}
