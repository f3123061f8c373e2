using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>A residual stream.</summary>
public class CopyBench : OpBench
{
    private Tensor _x, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(0, 2 * F32(Rows, Width));

    [Benchmark]
    public void Prompt()
    {
        Ops.Copy(_x, _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _x = Numbers(new Shape(Rows, Width));
        _y = Empty(new Shape(Rows, Width));
    }
}
