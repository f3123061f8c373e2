using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Kernels;
using Weir.Kernels.Cuda;

namespace Weir.Engine.Tests.Generation;

/// <summary>
/// A step that a device has recorded gives the bits of one whose ops are called. A tap that is not recordable, and does
/// nothing, is what keeps a device from recording.
/// </summary>
public sealed class RecordedStepTests
{
    private const int Steps = 9;

    /// <summary>Edits that act in each step, begin or end in the midst, change their values from step to step, or take parts.</summary>
    private static readonly (string Name, Func<Model, int, Edit[]> Make)[] Edits =
    [
        ("none", (_, _) => []),
        ("everywhere", (m, _) => [Edit.Add(Site.ResidualPost[1], Ramp(m.Spec.Width), 2), Edit.Scale(Site.Z[0], 0.5f) with { Head = 1 }]),
        ("in the midst", (m, n) => [Edit.Add(Site.MlpOut[0], Ramp(m.Spec.Width)) with { Positions = (n + 2)..(n + 5) }]),
        ("from the midst on", (m, n) => [Edit.ProjectOut(Site.ResidualMid[1], Ramp(m.Spec.Width)) with { Positions = (n + 4).. }]),
        ("other values in each step", (m, n) => [Edit.Replace(Site.ResidualPre[1], Ramp((n + Steps) * m.Spec.Width))]),
        ("one sequence", (_, n) => [Edit.Clamp(Site.MlpPost[1], -0.1f, 0.1f) with { Sequences = [1], Positions = (n + 1).. }]),
        ("skips", (_, n) => [Edit.Skip(Site.ResidualPost[0]) with { Positions = (n + 3).. }, Edit.Zero(Site.FinalNormNormalized) with { Columns = 3..9 }]),
        ("attention maps", (_, _) => [Edit.Scale(Site.Pattern[0], 0.5f) with { Columns = 0..2 }, Edit.Zero(Site.AttentionScores[1]) with { Head = 0 }]),
    ];

    public static IEnumerable<TheoryDataRow<string, string, string>> Cases() =>
    [
        .. from device in (string[])[TestDevices.Cpu, TestDevices.F32] from edits in Edits select new TheoryDataRow<string, string, string>("llama3", device, edits.Name),
        .. from name in (string[])["gpt2", "gemma2"] select new TheoryDataRow<string, string, string>(name, TestDevices.F32, "none"),
        .. from device in (string[])[.. TestDevices.Stored, TestDevices.Fast] select new TheoryDataRow<string, string, string>("qwen2", device, "everywhere"),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void ItGivesTheBitsOfCalledOps(string name, string device, string edits)
    {
        Model model = Fixture.Model(name, device);
        int[][] prompts = [Fixture.Prompts(name)[0][..6], Fixture.Prompts(name)[1][..6]];
        Edit[] made = Edits.Single(e => e.Name == edits).Make(model, prompts[0].Length);
        SameSteps(model, prompts, made, (_, _) => false);
    }

    [Theory, OnDevices]
    public void SequencesCanEnd(string device)
    {
        Model model = Fixture.Model("llama3", device);
        int[][] prompts = [Fixture.Prompts("llama3")[0][..4], Fixture.Prompts("llama3")[1][..6], [9, 8, 7]];
        SameSteps(model, prompts, [Edit.Scale(Site.MlpOut[0], 2) with { Sequences = [2] }], (sequence, step) => sequence == 0 ? step >= 4 : sequence == 1 && step >= 6);
    }

    [Theory, OnDevices]
    public void TheStoresCanGrow(string device)
    {
        Model model = Fixture.Model("qwen3", device);
        int[] prompt = [.. Enumerable.Range(0, 61).Select(i => 3 + (i % 40))];
        SameSteps(model, [prompt], [], (_, _) => false, firstReserve: 1);
    }

    [Theory, OnDevices]
    public void AReplayCallsNoOp(string device)
    {
        Model model = Fixture.Model("llama3", device);
        bool replays = model.Device is CudaDevice;
        DeviceCounters counters = model.Device.Counters;
        int called = 0, reports = 0;
        var options = new GenerationOptions
        {
            MaxTokens = Steps + 1,
            Hooks = new HookSet().Edit(Edit.Scale(Site.ResidualPost[1], 1.5f)).Tap(Site.ResidualPost[1], _ => called++, recordable: true),
            Progress = new Counted(() => reports++),
        };
        using var state = new DecodeState(model, [Fixture.Prompts("llama3")[0][..5]], options);
        state.Next([false], 0);
        state.Next([false], 1);
        (long ops, long replayed, called, reports) = (counters.Ops, counters.Replays, 0, 0);
        for (int step = 2; step < Steps; step++)
        {
            state.Next([false], step);
        }

        // The token is drawn with an op of its own.
        Assert.Equal(replays ? Steps - 2 : 0, counters.Replays - replayed);
        Assert.Equal(replays, counters.Ops - ops == Steps - 2);
        Assert.Equal(replays ? 0 : Steps - 2, called);
        Assert.InRange(reports, Steps - 2, (Steps - 2) * model.Spec.Layers);
    }

    [Theory, OnDevices]
    public void OtherTapsAreCalledInEveryStep(string device)
    {
        Model model = Fixture.Model("llama3", device);
        long replays = model.Device.Counters.Replays;
        var seen = new List<int>();
        HookSet hooks = new HookSet().Tap(Site.ResidualPost[1], c => seen.Add(c.Rows.Starts[0])).Tap(Site.ResidualPost[0], _ => { }, recordable: true);
        Generator.Complete(model, [Fixture.Prompts("llama3")[0][..5]], new GenerationOptions { MaxTokens = 6, EndTokens = [], Hooks = hooks });
        Assert.Equal([0, 5, 6, 7, 8, 9], seen);
        Assert.Equal(replays, model.Device.Counters.Replays);
    }

    // Runs steps with and without what keeps a device from recording, and compares the logits of each.
    private static void SameSteps(Model model, int[][] prompts, Edit[] edits, Func<int, int, bool> ends, int firstReserve = 256)
    {
        List<float[]> Run(bool records)
        {
            using var memory = new Arena(model.Device);
            Tensor kept = memory.Allocate(new Shape(prompts.Length, model.Spec.VocabularySize));
            HookSet hooks = new HookSet().Edit(edits).Tap(Site.Logits, c => c.Device.Ops.Copy(c.Value, kept.RowRange(0, c.Value.Rows)), recordable: true);
            if (!records)
            {
                hooks.Tap(Site.Logits, _ => { });
            }

            var logits = new List<float[]>();
            var options = new GenerationOptions { MaxTokens = Steps, Temperature = 1, Seeds = [3], Hooks = hooks };
            using var state = new DecodeState(model, prompts, options) { FirstReserve = firstReserve };
            for (int step = 0; step < Steps; step++)
            {
                bool[] done = [.. Enumerable.Range(0, prompts.Length).Select(s => ends(s, step))];
                state.Next(done, step);
                logits.Add(Fixture.Read(model, kept.RowRange(0, done.Count(d => !d))));
            }

            return logits;
        }

        long before = model.Device.Counters.Replays;
        List<float[]> called = Run(records: false);
        Assert.Equal(before, model.Device.Counters.Replays);
        List<float[]> recorded = Run(records: true);
        bool maps = edits.Any(e => e.Site.Point is SitePoint.Pattern or SitePoint.AttentionScores);
        Assert.Equal(model.Device is CudaDevice && !maps, model.Device.Counters.Replays > before);
        for (int step = 0; step < Steps; step++)
        {
            Fixture.SameBits(called[step], recorded[step], $"the logits of step {step}");
        }
    }

    private static float[] Ramp(int count) => [.. Enumerable.Range(0, count).Select(i => 0.3f + (float)Math.Sin(1.7 * i))];

    private sealed class Counted(Action report) : IProgress<double>
    {
        public void Report(double value) => report();
    }
}
