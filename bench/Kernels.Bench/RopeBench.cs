using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>The queries of a prompt, 12 heads of 64.</summary>
public class RopeBench : OpBench
{
    private Tensor _x, _cos, _sin, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(3.0 * Rows * Width, (2 * F32(Rows, Width)) + (2 * F32(Rows, 32)));

    [Benchmark]
    public void Prompt()
    {
        Ops.Rope(_x, _cos, _sin, _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _x = Numbers(new Shape(Rows, 12, 64));
        _cos = Numbers(new Shape(Rows, 32));
        _sin = Numbers(new Shape(Rows, 32));
        _y = Empty(new Shape(Rows, 12, 64));
    }
}
