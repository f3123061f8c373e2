using Weir.Analysis.Neurons;
using Weir.Engine;
using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Engine.Generation;
using Weir.Engine.Hooks;
using Weir.Engine.Lens;
using Weir.Engine.Sweeps;
using Weir.Kernels;

namespace Weir.Analysis.Benchmarks;

/// <summary>The cases of one model's shape, with bf16 weights that a case makes anew, so that its memory is its own.</summary>
/// <param name="Name">In the names of the cases.</param>
/// <param name="Title">In tables.</param>
/// <param name="Published">The true shape.</param>
internal sealed record GpuModel(string Name, string Title, ModelSpec Published)
{
    private const int TopK = 10;

    /// <summary>One prompt, the logits of its last token.</summary>
    public BenchmarkCase Forward(BenchmarkGoal goal) => Case(
        "forward", "forward of 512 tokens, logits of the last", goal, s => Forward(s, HookSet.None, null), new PeerCase($"{Name}.forward"));

    /// <summary>The same with every residual kept on the GPU.</summary>
    public BenchmarkCase Capture(BenchmarkGoal goal) => Case(
        "capture",
        "the same, every residual captured and left on the GPU",
        goal,
        s => Forward(s, new HookSet().Capture(Site.ResidualPre.AllLayers, Site.ResidualMid.AllLayers, Site.ResidualPost[Spec(s).Layers - 1]), HookSet.None),
        new PeerCase($"{Name}.capture", "forward hooks"));

    /// <summary>A lens of 512 rows, half of them the reference.</summary>
    public BenchmarkCase Lens(BenchmarkGoal goal) => Case(
        "lens",
        "lens of 512 rows (2 layers x 256 positions): top-10, entropy, KL to the last layer",
        goal,
        s => Lens(s, Tokens(s) / 2, l => l == Spec(s).Layers / 2 || l == Spec(s).Layers - 1),
        LensPeers("lens"));

    /// <summary>A lens of every layer's residual at every position.</summary>
    public BenchmarkCase LensAll(BenchmarkGoal goal) => Case(
        "lens-all", $"lens of all {Published.Layers} layers x 512 positions: top-10, entropy, KL to the last layer", goal, s => Lens(s, Tokens(s), _ => true), LensPeers("lens-all"));

    /// <summary>The tokens of every MLP neuron.</summary>
    public BenchmarkCase Neurons(BenchmarkGoal goal) => Case(
        "neurons",
        FormattableString.Invariant($"top-10 tokens of all {Published.Layers * Published.Mlp.Width:N0} MLP neurons"),
        goal,
        Neurons,
        new PeerCase($"{Name}.neurons", "bf16 logits in chunks"));

    /// <summary>Greedy decoding.</summary>
    public BenchmarkCase Decode(BenchmarkGoal goal) => Case(
        "decode",
        "64 greedy tokens after 32, one stream",
        goal,
        s => Decode(s, hooked: false),
        new PeerCase($"{Name}.decode-graphs", "compiled, static cache, CUDA graphs"),
        new PeerCase($"{Name}.decode-eager", "eager"));

    /// <summary>The same, steered at every layer.</summary>
    public BenchmarkCase DecodeHooked(BenchmarkGoal goal) => Case(
        "decode-hooked",
        "the same, a vector added to the residual after every layer",
        goal,
        s => Decode(s, hooked: true),
        [.. HookedPeers]) with
    {
        Baseline = "our plain decoding",
    };

    /// <summary>Every layer skipped in turn.</summary>
    public BenchmarkCase SkipSweep(BenchmarkGoal goal) => Case(
        "skip-sweep",
        $"{Published.Layers} layer skips of 512 tokens, all later contributions compared",
        goal,
        SkipSweep,
        new PeerCase($"{Name}.skip-sweep", "forward hooks")) with
    {
        Baseline = "our own forwards one by one, not even compared",
    };

    /// <summary>True where the peer also compiles its hooks into a step, which takes it a minute.</summary>
    public bool CompilesHooks { get; init; }

    private IEnumerable<PeerCase> HookedPeers =>
    [
        .. CompilesHooks ? (PeerCase[])[new($"{Name}.decode-graphs-hooked", "compiled with its hooks, static cache, CUDA graphs")] : [],
        new($"{Name}.decode-eager-hooked", "eager with forward hooks"),
    ];

    private static int Tokens(BenchmarkSetting s) => s.Shapes == BenchmarkShapes.True ? 512 : 12;

    private BenchmarkCase Case(string name, string what, BenchmarkGoal goal, Func<BenchmarkSetting, PreparedWork> prepare, params PeerCase[] peers) =>
        new($"{Name}.{name}", $"{Title}: {what}", goal, prepare) { Peers = peers };

    private PeerCase[] LensPeers(string name) =>
        [new($"{Name}.{name}-bf16", "bf16 logits, f32 statistics, in chunks"), new($"{Name}.{name}-f32", "f32 logits, in chunks")];

    private ModelSpec Spec(BenchmarkSetting s) => s.Shapes == BenchmarkShapes.True ? Published : Published with
    {
        Layers = 2,
        Width = 64,
        VocabularySize = 211,
        ContextLength = 64,
        Embedding = new EmbeddingSpec { Width = 64, PositionRows = Published.Embedding.PositionRows > 0 ? 64 : 0 },
        Attention = Published.Attention with
        {
            Heads = 4,
            KeyValueHeads = Published.Attention.Heads == Published.Attention.KeyValueHeads ? 4 : 2,
            HeadSize = 16,
            Scale = 0.25f,
            Rope = Published.Attention.Rope is null ? null : RopeScaling.Default(16, 1e4),
        },
        Mlp = Published.Mlp with { Width = 96 },
    };

    private Model NewModel(BenchmarkSetting s) => Model.Random(Spec(s), seed: 0, ElementType.BF16, s.Device);

    private int[] Prompt(BenchmarkSetting s, int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(Spec(s).VocabularySize))];
    }

    private PreparedWork Forward(BenchmarkSetting s, HookSet hooks, HookSet? baseline)
    {
        Model model = NewModel(s);
        int[] ids = Prompt(s, Tokens(s));
        var options = new ForwardOptions { Logits = LogitRows.Last };
        var size = new ModelSize(model.Spec);
        return new PreparedWork(() => model.Forward(ids, hooks, options).Dispose(), model)
        {
            Baseline = baseline is null ? null : () => model.Forward(ids, baseline, options).Dispose(),
            Bytes = size.WeightBytes,
            Flops = size.ForwardFlops(ids.Length, logitRows: 1),
            Sample = () =>
            {
                using ForwardResult run = model.Forward(ids, hooks, options);
                return s.Device.Read<float>(run.Logits);
            },
        };
    }

    private PreparedWork Lens(BenchmarkSetting s, int positions, Func<int, bool> layers)
    {
        Model model = NewModel(s);
        ForwardResult run = model.Forward(Prompt(s, positions), new HookSet().Capture(Site.ResidualPost.AllLayers), new ForwardOptions { Logits = LogitRows.None });
        Tensor[] states = [.. Enumerable.Range(0, model.Spec.Layers).Where(layers).Select(l => run[Site.ResidualPost[l]])];
        var options = new LensOptions { TopK = TopK, Divergence = true };
        LensResult? last = null;
        double rows = (double)states.Length * positions;
        double head = (double)model.Spec.Width * model.Spec.VocabularySize;
        return new PreparedWork(() => last = LensReader.Read(model, states, options), new Owned(run, model))
        {
            Bytes = (2 * head) + (4 * rows * model.Spec.Width),
            Flops = 2 * rows * head,
            Sample = () => [.. last!.Entropy, .. last.Divergence, .. last.TopLogProbabilities],
        };
    }

    private PreparedWork Neurons(BenchmarkSetting s)
    {
        Model model = NewModel(s);
        double head = (double)model.Spec.Width * model.Spec.VocabularySize;
        double neurons = (double)model.Spec.Layers * model.Spec.Mlp.Width;
        return new PreparedWork(() => NeuronTokens.Run(model, TopK), model)
        {
            Bytes = (2 * head) + (2 * neurons * model.Spec.Width),
            Flops = 2 * neurons * head,
        };
    }

    private PreparedWork Decode(BenchmarkSetting s, bool hooked)
    {
        (int prompt, int tokens) = s.Shapes == BenchmarkShapes.True ? (32, 64) : (3, 4);
        Model model = NewModel(s);
        int[][] prompts = [Prompt(s, prompt)];
        var plain = new GenerationOptions { MaxTokens = tokens, EndTokens = [] };
        GenerationOptions options = plain;
        if (hooked)
        {
            var random = new Random(3);
            var hooks = new HookSet();
            for (int l = 0; l < model.Spec.Layers; l++)
            {
                hooks.Edit(Edit.Add(Site.ResidualPost[l], [.. Enumerable.Range(0, model.Spec.Width).Select(_ => (float)(random.NextDouble() - 0.5) * 0.1f)]));
            }

            options = plain with { Hooks = hooks };
        }

        var size = new ModelSize(model.Spec);
        return new PreparedWork(() => Generator.Complete(model, prompts, options), model)
        {
            Baseline = hooked ? () => Generator.Complete(model, prompts, plain) : null,

            // The prompt reads the weights once, and so does every token after the first.
            Bytes = (tokens * size.WeightBytes) + Enumerable.Range(prompt, tokens - 1).Sum(size.KeyValueBytes),
            Flops = size.ForwardFlops(prompt, 1) + ((tokens - 1) * size.ForwardFlops(1, 1)),
        };
    }

    private PreparedWork SkipSweep(BenchmarkSetting s)
    {
        Model model = NewModel(s);
        int[] ids = Prompt(s, Tokens(s));
        int layers = model.Spec.Layers;
        var options = new ForwardOptions { Logits = LogitRows.None };
        HookSet[] forwards = [.. Enumerable.Range(-1, layers + 1).Select(l =>
        {
            HookSet hooks = new HookSet().Capture(Site.AttentionOut.AllLayers, Site.MlpOut.AllLayers);
            return l < 0 ? hooks : hooks.Edit(Edit.Skip(Site.ResidualPost[l]));
        })];
        SweepCell[] last = [];
        var size = new ModelSize(model.Spec);
        return new PreparedWork(() => last = SkippedBlocks.Run(model, [ids]), model)
        {
            Baseline = () =>
            {
                foreach (HookSet hooks in forwards)
                {
                    model.Forward(ids, hooks, options).Dispose();
                }
            },

            // Layer l runs for the baseline and the variants that skip one of the l layers before it.
            Bytes = size.WeightBytes,
            Flops = size.ForwardFlops(ids.Length, logitRows: 0) * (layers + 1) / 2,
            Sample = () => [.. last[0].Values.Select(v => (float)v.Value)],
        };
    }
}
