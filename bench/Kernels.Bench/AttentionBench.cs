using BenchmarkDotNet.Attributes;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>All stages in one; also single rows, which are bound by the bytes of the store.</summary>
public class AttentionBench : AttentionTextBench
{
    [Benchmark]
    public void Decode() => Run(AttentionText.Decode);

    [Benchmark]
    public void GroupedDecode() => Run(AttentionText.GroupedDecode);

    private protected override Dictionary<string, AttentionText> Texts => new(base.Texts)
    {
        [nameof(Decode)] = AttentionText.Decode,
        [nameof(GroupedDecode)] = AttentionText.GroupedDecode,
    };

    private protected override Work WorkOf(AttentionText text) => new(4 * text.Pairs * text.Size, (2 * text.RowBytes) + (2 * text.StoreBytes));

    private protected override void Run(AttentionText text, Operands o) =>
        Ops.Attention(o.Input, o.Store, o.Rows, new AttentionOptions(0.125f, Window: text.Window), o.Output);
}
