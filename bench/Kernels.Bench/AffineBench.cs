using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>Gain and bias of a norm.</summary>
public class AffineBench : OpBench
{
    private Tensor _x, _gain, _bias, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(2.0 * Rows * Width, 2 * F32(Rows, Width));

    [Benchmark]
    public void Prompt()
    {
        Ops.Affine(_x, _gain, 0, _bias, _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _x = Numbers(new Shape(Rows, Width));
        _gain = Numbers(new Shape(Width));
        _bias = Numbers(new Shape(Width));
        _y = Empty(new Shape(Rows, Width));
    }
}
