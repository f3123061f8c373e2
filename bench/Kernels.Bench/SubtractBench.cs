using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>Two residual streams.</summary>
public class SubtractBench : OpBench
{
    private Tensor _a, _b, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(Rows * Width, 3 * F32(Rows, Width));

    [Benchmark]
    public void Prompt()
    {
        Ops.Subtract(_a, _b, _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _a = Numbers(new Shape(Rows, Width));
        _b = Numbers(new Shape(Rows, Width));
        _y = Empty(new Shape(Rows, Width));
    }
}
