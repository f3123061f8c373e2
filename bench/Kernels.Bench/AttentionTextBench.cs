using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>An op of attention on texts of GPT-2 small's shape: a prompt, a long text, a long text through a window.</summary>
public abstract class AttentionTextBench : OpBench
{
    private readonly Dictionary<AttentionText, Operands> _texts = [];

    [Benchmark]
    public void Prompt() => Run(AttentionText.Prompt);

    [Benchmark]
    public void Long() => Run(AttentionText.Long);

    [Benchmark]
    public void Windowed() => Run(AttentionText.Windowed);

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => WorkOf(Texts[benchmark]);

    /// <summary>Texts by the names of their benchmarks.</summary>
    private protected virtual Dictionary<string, AttentionText> Texts { get; } = new()
    {
        [nameof(Prompt)] = AttentionText.Prompt,
        [nameof(Long)] = AttentionText.Long,
        [nameof(Windowed)] = AttentionText.Windowed,
    };

    private protected abstract Work WorkOf(AttentionText text);

    /// <summary>What the op reads beside the store.</summary>
    private protected virtual Shape InputOf(AttentionText text) => text.Shape;

    /// <summary>What it writes.</summary>
    private protected virtual Shape OutputOf(AttentionText text) => text.Shape;

    private protected abstract void Run(AttentionText text, Operands operands);

    private protected void Run(AttentionText text)
    {
        Run(text, _texts[text]);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        foreach (AttentionText t in Texts.Values)
        {
            _texts[t] = new Operands(t.Store(Opened, shape => Numbers(shape)), t.Rows, Numbers(InputOf(t)), Empty(OutputOf(t)));
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

    private protected sealed record Operands(KeyValueStore Store, PackedRows Rows, Tensor Input, Tensor Output);
}
