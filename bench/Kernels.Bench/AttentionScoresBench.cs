using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>The first stage alone; it writes the whole map.</summary>
public class AttentionScoresBench : AttentionTextBench
{
    private protected override Work WorkOf(AttentionText text) => new(2 * text.Pairs * text.Size, text.RowBytes + text.StoreBytes + (4.0 * text.Map));

    private protected override Shape OutputOf(AttentionText text) => new(text.Map);

    private protected override void Run(AttentionText text, Operands o) =>
        Ops.AttentionScores(o.Input, o.Store, o.Rows, new AttentionOptions(0.125f, Window: text.Window), o.Output);
}
