namespace Weir.Kernels.Bench;

/// <summary>The third stage alone; it reads the map's lower triangle.</summary>
public class AttentionMixBench : AttentionTextBench
{
    private protected override Work WorkOf(AttentionText text) => new(2 * text.Pairs * text.Size, text.RowBytes + text.StoreBytes + (4 * text.Pairs));

    private protected override Shape InputOf(AttentionText text) => new(text.Map);

    private protected override void Run(AttentionText text, Operands o) =>
        Ops.AttentionMix(o.Input, o.Store, o.Rows, text.Window, o.Output);
}
