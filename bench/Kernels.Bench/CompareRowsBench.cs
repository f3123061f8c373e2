using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>Two residual streams.</summary>
public class CompareRowsBench : OpBench
{
    private Tensor _a, _b, _statistics;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(9.0 * Rows * Width, 2 * F32(Rows, Width));

    [Benchmark]
    public void Prompt()
    {
        Ops.CompareRows(_a, _b, _statistics);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _a = Numbers(new Shape(Rows, Width));
        _b = Numbers(new Shape(Rows, Width));
        _statistics = Empty(new Shape(Rows, 4));
    }
}
