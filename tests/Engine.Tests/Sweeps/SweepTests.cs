using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Engine.Tests.Sweeps;

/// <summary>Cells of a sweep against one forward pass a variant, measured on the host in f64.</summary>
public sealed class SweepTests
{
    private static readonly int[][] Targets = [[5, 9], [7, 3], [1, 2]];

    public static IEnumerable<TheoryDataRow<string>> Names() => Fixture.Names.Select(n => new TheoryDataRow<string>(n));

    [Theory]
    [MemberData(nameof(Names))]
    public void CellsAreThoseOfSeparatePasses(string name)
    {
        Model model = Fixture.Model(name);
        int[][] prompts = Prompts(model);
        Variant[] variants = Variants(model);
        var naive = new NaiveSweep(model, prompts, Targets);
        foreach (SweepCell cell in Run(model, prompts, variants, 0))
        {
            Dictionary<(string, int), double> expected = naive.Cell(cell.Prompt, variants[cell.Variant]);
            Assert.True(cell.Values.Count > 4 * 2);
            foreach (SweepValue value in cell.Values)
            {
                double e = expected[(value.Name, value.Layer)];
                double bound = 2e-6 + (2e-4 * Math.Abs(e));
                Assert.True(Math.Abs(value.Value - e) <= bound, $"{name}, prompt {cell.Prompt}, {cell.Name}: {value.Name} at {value.Layer} is {value.Value:G9}, not {e:G9}");
            }
        }
    }

    [Fact]
    public void GroupsChangeNoBit()
    {
        Model model = Fixture.Model("llama3");
        int[][] prompts = Prompts(model);
        Variant[] variants = Variants(model);
        SweepCell[] whole = Run(model, prompts, variants, 0);
        Assert.Equal(prompts.Length * variants.Length, whole.Length);
        long row = new Sweep(model, prompts, variants, []).Plan().PeakBytes / (prompts.Sum(p => p.Length) * (variants.Length + 1));
        foreach (int rows in new[] { 1, 60, 200 })
        {
            Assert.Equal(Flat(whole), Flat(Run(model, prompts, variants, rows * row)));
        }
    }

    [Fact]
    public void PartsMakeTheWhole()
    {
        Model model = Fixture.Model("gpt2");
        int[][] prompts = Prompts(model);
        Variant[] variants = Variants(model);
        foreach (int parts in new[] { 2, 3, 5 })
        {
            SweepCell[] cells = [.. Enumerable.Range(0, parts).SelectMany(i => Run(model, prompts, variants, 0, new SweepShard(i, parts)))];
            Assert.Equal(Flat(Run(model, prompts, variants, 0)), Flat(cells));
        }
    }

    [Fact]
    public void WhatIsDoneIsNotDoneAgain()
    {
        Model model = Fixture.Model("gpt2");
        int[][] prompts = Prompts(model);
        Variant[] variants = Variants(model);
        SweepCell[] whole = Run(model, prompts, variants, 0);
        var sweep = new Sweep(model, prompts, variants, Metrics());
        SweepCell[] rest = [.. sweep.Run((p, v) => (p + v) % 3 == 0).SelectMany(c => c)];
        Assert.Equal(Flat(whole.Where(c => (c.Prompt + c.Variant) % 3 != 0)), Flat(rest));
        Assert.Empty(sweep.Run((_, _) => true));
    }

    [Fact]
    public void ThePlanCountsWhatTheDeviceDoes()
    {
        Model model = Fixture.Model("qwen3");
        int[][] prompts = Prompts(model);
        Variant[] variants = Variants(model);
        var sweep = new Sweep(model, prompts, variants, []);
        long before = model.Device.Counters.Flops;
        _ = sweep.Run().Count();
        Assert.Equal(sweep.Plan().Flops, model.Device.Counters.Flops - before);

        before = model.Device.Counters.Flops;
        foreach (int[] prompt in prompts)
        {
            model.Forward(prompt, new HookSet(), new ForwardOptions { Logits = LogitRows.None, Cache = null }).Dispose();
            foreach (Variant variant in variants)
            {
                model.Forward(prompt, new HookSet().Capture(Site.ResidualPost[model.Spec.Layers - 1]).Edit([.. variant.Edits]), new ForwardOptions { Logits = LogitRows.None }).Dispose();
            }
        }

        Assert.True(sweep.Plan().NaiveFlops >= model.Device.Counters.Flops - before);
    }

    [Fact]
    public void ThePlanOfThePublishedExperimentCostsWhatItsFormulaSays()
    {
        // Llama 3.1 8B, ten prompts of 250 tokens, each layer left out in front of four splits: 1 + 4 L passes a prompt take
        // 4.8 PFLOP with their unembedding, 4.5 without; with shared prefixes half of it.
        ModelSpec spec = KnownShapes.Llama8B;
        Variant[] variants = [.. from split in Enumerable.Range(0, 4) from s in Enumerable.Range(0, spec.Layers) select new Variant($"{s} {split}", [Edit.Skip(Site.ResidualPost[s])])];
        int[] all = [.. Enumerable.Range(0, variants.Length)];
        var plan = new SweepPlan(spec, [.. Enumerable.Repeat(250, 10)], variants, [.. Enumerable.Range(0, 10).Select(p => new SweepWave([p], all))]);
        Assert.InRange(plan.NaiveFlops, 4.4e15, 4.8e15);
        double share = Enumerable.Range(0, spec.Layers).Sum(l => 1.0 + (4 * l)) / (spec.Layers * (1 + (4.0 * spec.Layers)));
        Assert.Equal(share, (double)plan.Flops / plan.NaiveFlops, 1e-9);
        Assert.InRange(share, 0.48, 0.5);
        Assert.Equal(250L * (1 + (4 * (spec.Layers - 1))), plan.RowsPerLayer[^1]);
    }

    [Fact]
    public void EditsOfPromptsOfTheirOwnAreThoseOfSeparateSweeps()
    {
        Model model = Fixture.Model("qwen3");
        int[][] prompts = Prompts(model);
        Edit At(int prompt, Range positions) => Edit.Scale(Site.ResidualPre[1], 1.5f) with { Positions = positions, Sequences = [prompt] };
        Variant both = new("both", [At(0, 2..4), At(2, 1..2)]);
        ISweepMetric[] metrics = [new ContributionMetric(SweepPoint.Contribution), new DistributionMetric { Positions = .. }];
        foreach (long bytes in new[] { 0L, 1L })
        {
            SweepCell[] cells = [.. new Sweep(model, prompts, [both], metrics) { MostBytes = bytes }.Run().SelectMany(c => c)];
            Assert.Equal([0, 2], cells.Select(c => c.Prompt));
            foreach ((SweepCell cell, Range positions) in cells.Zip((Range[])[2..4, 1..2]))
            {
                Variant alone = new("both", [Edit.Scale(Site.ResidualPre[1], 1.5f) with { Positions = positions }]);
                SweepCell expected = Assert.Single(new Sweep(model, [prompts[cell.Prompt]], [alone], metrics).Run().SelectMany(c => c));
                Assert.Equal(expected.Values, cell.Values);
            }
        }
    }

    [Fact]
    public void TwoVariantsOfOneNameAreAnError()
    {
        Model model = Fixture.Model("gpt2");
        Variant one = Variants(model)[0];
        Assert.Throws<WeirException>(() => new Sweep(model, Prompts(model), [one, one], []));
    }

    private static int[][] Prompts(Model model) => [Fixture.PromptsOf(model)[0], Fixture.PromptsOf(model)[1][..9], Fixture.PromptsOf(model)[1][3..7]];

    private static Variant[] Variants(Model model)
    {
        int last = model.Spec.Layers - 1;
        return
        [
            new("skip 0", [Edit.Skip(Site.ResidualPost[0]) with { Positions = 1.. }]),
            new("skip last", [Edit.Skip(Site.ResidualPost[last]) with { Positions = 1.. }]),
            new("no attention", [Edit.Skip(Site.AttentionOut[1])]),
            new("half a head", [Edit.Scale(Site.Z[0], 0.5f) with { Head = 1 }]),
            new("two edits", [Edit.Skip(Site.MlpOut[last]), Edit.Scale(Site.ResidualPre[1], 1.5f) with { Positions = ^2.. }]),
        ];
    }

    private static ISweepMetric[] Metrics() =>
        [new ContributionMetric(SweepPoint.AttentionOut), new ContributionMetric(SweepPoint.MlpOut) { Positions = 1.. }, new DistributionMetric { Positions = .. }, new TargetMetric(Targets)];

    private static SweepCell[] Run(Model model, int[][] prompts, Variant[] variants, long bytes, SweepShard? shard = null) =>
        [.. new Sweep(model, prompts, variants, Metrics()) { MostBytes = bytes, Shard = shard ?? SweepShard.Whole }.Run().SelectMany(c => c)];

    private static string[] Flat(IEnumerable<SweepCell> cells) =>
        [.. cells.OrderBy(c => c.Prompt).ThenBy(c => c.Variant).SelectMany(c => c.Values.Select(v => $"{c.Prompt} {c.Name} {v.Name} {v.Layer} {BitConverter.DoubleToInt64Bits(v.Value)}"))];
}
