using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>The norm of a residual stream, a prompt's rows and one.</summary>
public class RmsNormBench : OpBench
{
    private Tensor _x, _gain, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => benchmark == nameof(Prompt) ? Of(Rows) : Of(1);

    [Benchmark]
    public void Prompt()
    {
        Ops.RmsNorm(_x, _gain, 0, 1e-6f, _y);
        Opened.Synchronize();
    }

    [Benchmark]
    public void DecodeStep()
    {
        Ops.RmsNorm(_x.RowRange(0, 1), _gain, 0, 1e-6f, _y.RowRange(0, 1));
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _x = Numbers(new Shape(Rows, Width));
        _gain = Numbers(new Shape(Width));
        _y = Empty(new Shape(Rows, Width));
    }

    private static Work Of(int rows) => new(4.0 * rows * Width, 2 * F32(rows, Width));
}
