using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>A cap on values beyond it.</summary>
public class SoftcapBench : OpBench
{
    private Tensor _x, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(3.0 * Rows * Hidden, 2 * F32(Rows, Hidden));

    [Benchmark]
    public void Prompt()
    {
        Ops.Softcap(_x, 30, _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _x = Numbers(new Shape(Rows, Hidden), 50);
        _y = Empty(new Shape(Rows, Hidden));
    }
}
