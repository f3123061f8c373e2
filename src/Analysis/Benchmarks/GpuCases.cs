using Weir.Engine.Families;

namespace Weir.Analysis.Benchmarks;

/// <summary>
/// What a GPU is measured at: the work of researchers on random bf16 weights in the shapes of published models, and single
/// ops in those shapes. The peer script bench/peers/bench_gpu.py knows the same cases.
/// </summary>
public static class GpuCases
{
    private static readonly GpuModel Llama = new("llama", "Llama 3.1 8B", KnownShapes.Llama8B) { CompilesHooks = true };
    private static readonly GpuModel Qwen = new("qwen", "Qwen 3 4B", KnownShapes.Qwen4B);
    private static readonly GpuModel Gpt2 = new("gpt2", "GPT-2 small", KnownShapes.Gpt2Small);

    /// <summary>All cases, the limits first, then what matters most.</summary>
    public static IReadOnlyList<BenchmarkCase> All { get; } =
    [
        .. GpuOps.Limits,
        Llama.Forward(new()),
        Llama.Capture(new() { Milliseconds = 13, OfBaseline = 1.01 }),
        Llama.Lens(new() { Milliseconds = 1.0 }),
        Llama.LensAll(new() { Milliseconds = 24 }),
        Llama.Neurons(new() { Milliseconds = 1000 }),
        Llama.Decode(new() { OfBandwidth = 0.75 }),
        Llama.DecodeHooked(new() { OfBandwidth = 0.75, OfBaseline = 1.01 }),
        Llama.SkipSweep(new() { OfPeer = 0.35 }),
        .. GpuOps.Attention,
        GpuOps.MetaAttention,
        .. GpuOps.Rows,
        .. GpuOps.Products,
        Qwen.Forward(new()),
        Qwen.Capture(new() { OfBaseline = 1.01 }),
        Qwen.Lens(new()),
        Qwen.Decode(new()),
        Qwen.DecodeHooked(new() { OfBaseline = 1.01 }),
        Gpt2.Forward(new()),
        Gpt2.Capture(new() { OfBaseline = 1.01 }),
        Gpt2.LensAll(new()),
        Gpt2.Neurons(new()),
        Gpt2.Decode(new()),
        Gpt2.DecodeHooked(new() { OfBaseline = 1.01 }),
        Gpt2.SkipSweep(new() { OfPeer = 0.35 }),
    ];

    /// <summary>Those that goals are set for; the README shows them.</summary>
    public static IReadOnlyList<BenchmarkCase> Headline { get; } =
    [
        .. All.Where(c => c.Name is GpuLimits.CopyCase or GpuLimits.MatrixCase or "attention.8192" or "attention.16384" or "meta-attention"
            || c.Name.StartsWith($"{Llama.Name}.", StringComparison.Ordinal)
            || GpuOps.Rows.Any(r => r.Name == c.Name)),
    ];
}
