using BenchmarkDotNet.Attributes;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>One draw from a vocabulary.</summary>
public class SampleBench : OpBench
{
    private Tensor _logits, _ids;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(Vocabulary, F32(1, Vocabulary));

    [Benchmark]
    public void Greedy()
    {
        Ops.Sample(_logits, [new SamplingOptions(0, 0, 1, 0.5)], _ids);
        Opened.Synchronize();
    }

    [Benchmark]
    public void Whole()
    {
        Ops.Sample(_logits, [new SamplingOptions(1, 0, 1, 0.5)], _ids);
        Opened.Synchronize();
    }

    [Benchmark]
    public void TopK()
    {
        Ops.Sample(_logits, [new SamplingOptions(1, 50, 1, 0.5)], _ids);
        Opened.Synchronize();
    }

    [Benchmark]
    public void TopP()
    {
        Ops.Sample(_logits, [new SamplingOptions(1, 0, 0.9f, 0.5)], _ids);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _logits = Numbers(new Shape(1, Vocabulary), 8);
        _ids = Empty(new Shape(1), ElementType.I32);
    }
}
