using BenchmarkDotNet.Attributes;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>The first stage alone; it writes the whole map.</summary>
public class AttentionScoresBench : OpBench
{
    private readonly Dictionary<AttentionText, Operands> _texts = [];

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark)
    {
        AttentionText t = Text(benchmark);
        return new(2 * t.Pairs * t.Size, t.RowBytes + t.StoreBytes + (4.0 * t.Map));
    }

    [Benchmark]
    public void Prompt() => Run(AttentionText.Prompt);

    [Benchmark]
    public void Long() => Run(AttentionText.Long);

    [Benchmark]
    public void Windowed() => Run(AttentionText.Windowed);

    /// <inheritdoc/>
    protected override void Prepare()
    {
        foreach (AttentionText t in new[] { AttentionText.Prompt, AttentionText.Long, AttentionText.Windowed })
        {
            _texts[t] = new Operands(t.Store(Opened, shape => Numbers(shape)), t.Rows, Numbers(t.Shape), Empty(new Shape(t.Map)));
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
        _ => AttentionText.Prompt,
    };

    private void Run(AttentionText t)
    {
        Operands o = _texts[t];
        Ops.AttentionScores(o.Q, o.Store, o.Rows, new AttentionOptions(0.125f, Window: t.Window), o.Scores);
        Opened.Synchronize();
    }

    private sealed record Operands(KeyValueStore Store, PackedRows Rows, Tensor Q, Tensor Scores);
}
