using BenchmarkDotNet.Attributes;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>Prompts of GPT-2 small, and single rows, which are bound by the bytes of the store.</summary>
public class AttentionBench : OpBench
{
    private readonly Dictionary<AttentionText, Operands> _texts = [];

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark)
    {
        AttentionText t = Text(benchmark);
        return new(4 * t.Pairs * t.Size, (2 * t.RowBytes) + (2 * t.StoreBytes));
    }

    [Benchmark]
    public void Prompt() => Run(AttentionText.Prompt);

    [Benchmark]
    public void Long() => Run(AttentionText.Long);

    [Benchmark]
    public void Windowed() => Run(AttentionText.Windowed);

    [Benchmark]
    public void Decode() => Run(AttentionText.Decode);

    [Benchmark]
    public void GroupedDecode() => Run(AttentionText.GroupedDecode);

    /// <inheritdoc/>
    protected override void Prepare()
    {
        foreach (AttentionText t in new[] { AttentionText.Prompt, AttentionText.Long, AttentionText.Windowed, AttentionText.Decode, AttentionText.GroupedDecode })
        {
            _texts[t] = new Operands(t.Store(Opened, shape => Numbers(shape)), t.Rows, Numbers(t.Shape), Empty(t.Shape));
        }
    }

    /// <inheritdoc/>
    protected override void Release()
    {
        foreach (Operands o in _texts.Values)
        {
            o.Store.Dispose();
        }

        _texts.Clear();
    }

    private static AttentionText Text(string benchmark) => benchmark switch
    {
        nameof(Long) => AttentionText.Long,
        nameof(Windowed) => AttentionText.Windowed,
        nameof(Decode) => AttentionText.Decode,
        nameof(GroupedDecode) => AttentionText.GroupedDecode,
        _ => AttentionText.Prompt,
    };

    private void Run(AttentionText t)
    {
        Operands o = _texts[t];
        Ops.Attention(o.Q, o.Store, o.Rows, new AttentionOptions(0.125f, Window: t.Window), o.Z);
        Opened.Synchronize();
    }

    private sealed record Operands(KeyValueStore Store, PackedRows Rows, Tensor Q, Tensor Z);
}
