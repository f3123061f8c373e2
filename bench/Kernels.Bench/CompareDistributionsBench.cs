using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>Logits of a few rows with and without an intervention.</summary>
public class CompareDistributionsBench : OpBench
{
    private Tensor _a, _b, _distances;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(60.0 * 16 * Vocabulary, 2 * F32(16, Vocabulary));

    [Benchmark]
    public void Logits()
    {
        Ops.CompareDistributions(_a, _b, _distances);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _a = Numbers(new Shape(16, Vocabulary));
        _b = Numbers(new Shape(16, Vocabulary));
        _distances = Empty(new Shape(16, 4));
    }
}
