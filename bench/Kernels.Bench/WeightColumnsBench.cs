using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>All output directions of an MLP.</summary>
public class WeightColumnsBench : OpBench
{
    private WeightMatrix _down = null!;
    private Tensor _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(0, 2 * F32(Hidden, Width));

    [Benchmark]
    public void Neurons()
    {
        Ops.WeightColumns(_down, 0, _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _down = BenchWeights.Load(Opened, Width, Hidden);
        _y = Empty(new Shape(Hidden, Width));
    }

    /// <inheritdoc/>
    protected override void Release() => _down.Dispose();
}
