using Weir.Analysis.Neurons;
using Weir.Engine;
using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Kernels;

namespace Weir.Analysis.Benchmarks;

/// <summary>The work that researchers do most, at GPT-2 small's shape with random weights, as the peer script does it.</summary>
public static class CpuCases
{
    private const int Tokens = 512;
    private const int PromptTokens = 32;
    private const int NewTokens = 64;
    private const int SteeredLayer = 6;

    /// <summary>All cases.</summary>
    public static IReadOnlyList<BenchmarkCase> All { get; } =
    [
        Case("forward", "forward_plain", "forward 1 x 512, all logits", new() { OfPeer = 0.95, MemoryOfPeer = 0.7 }, device => Forward(device, new HookSet(), null)),
        Case("capture", "forward_hooks_residuals", "the same, all 25 residuals captured", new() { OfPeer = 0.95, MemoryOfPeer = 0.7, OfBaseline = 1.01 }, device => Forward(device, Residuals(), new HookSet())),
        Case("lens", "lens", "lens of 13 x 512 residuals: entropy, top-1, KL to final", new() { OfPeer = 0.80, MemoryOfPeer = 0.5 }, Lens),
        Case("skip-sweep", "skip_sweep", "12 layer skips, all later contributions compared", new() { OfPeer = 0.50 }, Skips),
        Case("decode-f32", "steered_decode_generate", "64 greedy tokens after 32, steered at one layer, f32 weights", new() { OfPeer = 0.90 }, device => Decode(device, ElementType.F32)),
        Case("decode-bf16", "steered_decode_generate", "the same with bf16 weights", new() { OfPeer = 0.55 }, device => Decode(device, ElementType.BF16)),
        Case("neurons", "neuron_decode", "top-10 tokens of 36,864 neurons", new() { OfPeer = 0.95, MemoryOfPeer = 0.5 }, Neurons),
    ];

    private static BenchmarkCase Case(string name, string peer, string what, BenchmarkGoal goal, Func<IDevice, PreparedWork> prepare) =>
        new(name, what, goal, setting => prepare(setting.Device)) { Peers = [new PeerCase(peer)] };

    private static ModelSpec Spec => KnownShapes.Gpt2Small;

    private static Model NewModel(IDevice device, ElementType type = ElementType.F32) => Model.Random(Spec, seed: 0, type, device);

    private static int[] Prompt(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(Spec.VocabularySize))];
    }

    private static HookSet Residuals() => new HookSet().Capture(
        Site.ResidualPre.AllLayers, Site.ResidualMid.AllLayers, Site.ResidualPost[Spec.Layers - 1]);

    private static PreparedWork Forward(IDevice device, HookSet hooks, HookSet? baseline)
    {
        Model model = NewModel(device);
        int[] ids = Prompt(Tokens);
        return new PreparedWork(() => model.Forward(ids, hooks).Dispose(), model)
        {
            Baseline = baseline is null ? null : () => model.Forward(ids, baseline).Dispose(),
        };
    }

    private static PreparedWork Lens(IDevice device)
    {
        Model model = NewModel(device);
        ForwardResult run = model.Forward(
            Prompt(Tokens), new HookSet().Capture(Site.ResidualPre[0], Site.ResidualPost.AllLayers), new ForwardOptions { Logits = LogitRows.None });
        Tensor[] states = [run[Site.ResidualPre[0]], .. Enumerable.Range(0, Spec.Layers).Select(l => run[Site.ResidualPost[l]])];
        var options = new LensOptions { TopK = 1, Divergence = true };
        return new PreparedWork(() => LensReader.Read(model, states, options), model);
    }

    private static PreparedWork Skips(IDevice device)
    {
        Model model = NewModel(device);
        int[][] prompts = [Prompt(Tokens)];
        return new PreparedWork(() => SkippedBlocks.Run(model, prompts), model);
    }

    private static PreparedWork Decode(IDevice device, ElementType type)
    {
        Model model = NewModel(device, type);
        int[][] prompts = [Prompt(PromptTokens)];
        var random = new Random(3);
        float[] direction = [.. Enumerable.Range(0, Spec.Width).Select(_ => (float)(random.NextDouble() - 0.5) * 4)];
        var options = new GenerationOptions
        {
            MaxTokens = NewTokens,
            EndTokens = [],
            Hooks = new HookSet().Edit(Edit.Add(Site.ResidualPost[SteeredLayer], direction)),
        };
        return new PreparedWork(() => Generator.Complete(model, prompts, options), model);
    }

    private static PreparedWork Neurons(IDevice device)
    {
        Model model = NewModel(device);
        return new PreparedWork(() => NeuronTokens.Run(model, topK: 10), model);
    }
}
