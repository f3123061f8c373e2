using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>A prompt's keys and values, 12 heads of 64, and a single row's.</summary>
public class AppendKeyValuesBench : OpBench
{
    private readonly Dictionary<AttentionText, Operands> _texts = [];

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark)
    {
        AttentionText t = Text(benchmark);
        return new(0, 4.0 * t.Length * t.KeyHeads * t.Size * 4);
    }

    [Benchmark]
    public void Prompt() => Run(AttentionText.Prompt);

    [Benchmark]
    public void Decode() => Run(AttentionText.Decode);

    /// <inheritdoc/>
    protected override void Prepare()
    {
        foreach (AttentionText t in new[] { AttentionText.Prompt, AttentionText.Decode })
        {
            _texts[t] = new Operands(t.Store(Opened, shape => Numbers(shape)), t.Rows, Numbers(t.Shape), Numbers(t.Shape));
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
        nameof(Decode) => AttentionText.Decode,
        _ => AttentionText.Prompt,
    };

    private void Run(AttentionText t)
    {
        Operands o = _texts[t];
        Ops.AppendKeyValues(o.K, o.V, o.Rows, o.Store);
        Opened.Synchronize();
    }

    private sealed record Operands(KeyValueStore Store, PackedRows Rows, Tensor K, Tensor V);
}
