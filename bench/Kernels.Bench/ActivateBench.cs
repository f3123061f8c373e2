using BenchmarkDotNet.Attributes;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>The activations of an MLP.</summary>
public class ActivateBench : OpBench
{
    private Tensor _pre, _linear, _post;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new((benchmark == nameof(GatedSilu) ? 5.0 : 8.0) * Rows * Hidden, (benchmark == nameof(GatedSilu) ? 3 : 2) * F32(Rows, Hidden));

    [Benchmark]
    public void GeluTanh()
    {
        Ops.Activate(Activation.GeluTanh, _pre, default, _post);
        Opened.Synchronize();
    }

    [Benchmark]
    public void GeluErf()
    {
        Ops.Activate(Activation.GeluErf, _pre, default, _post);
        Opened.Synchronize();
    }

    [Benchmark]
    public void GatedSilu()
    {
        Ops.Activate(Activation.Silu, _pre, _linear, _post);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _pre = Numbers(new Shape(Rows, Hidden), 4);
        _linear = Numbers(new Shape(Rows, Hidden));
        _post = Empty(new Shape(Rows, Hidden));
    }
}
