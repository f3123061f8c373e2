using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>The middle step of a layer norm.</summary>
public class NormalizeBench : OpBench
{
    private Tensor _x, _scale, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(3.0 * Rows * Width, 2 * F32(Rows, Width));

    [Benchmark]
    public void Prompt()
    {
        Ops.Normalize(_x, _scale, centered: true, _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _x = Numbers(new Shape(Rows, Width));
        _scale = Numbers(new Shape(Rows, 1));
        _y = Empty(new Shape(Rows, Width));
    }
}
