using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>The second stage alone: an exponential, a sum and a product a key.</summary>
public class AttentionPatternBench : OpBench
{
    private readonly Dictionary<AttentionText, Operands> _texts = [];

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark)
    {
        AttentionText t = Text(benchmark);
        return new(3 * t.Pairs, (4 * t.Pairs) + (4.0 * t.Map));
    }

    [Benchmark]
    public void Prompt() => Run(AttentionText.Prompt);

    [Benchmark]
    public void Long() => Run(AttentionText.Long);

    /// <inheritdoc/>
    protected override void Prepare()
    {
        foreach (AttentionText t in new[] { AttentionText.Prompt, AttentionText.Long })
        {
            _texts[t] = new Operands(t.Rows, Numbers(new Shape(t.Map), 4), Empty(new Shape(t.Map)));
        }
    }

    private static AttentionText Text(string benchmark) => benchmark switch
    {
        nameof(Long) => AttentionText.Long,
        _ => AttentionText.Prompt,
    };

    private void Run(AttentionText t)
    {
        Operands o = _texts[t];
        Ops.AttentionPattern(o.Scores, t.Heads, o.Rows, 0, o.Pattern);
        Opened.Synchronize();
    }

    private sealed record Operands(PackedRows Rows, Tensor Scores, Tensor Pattern);
}
