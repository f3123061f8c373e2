using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>The angles of a prompt, heads of 64.</summary>
public class RopeAnglesBench : OpBench
{
    private Tensor _positions, _frequencies, _cos, _sin;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(3.0 * Rows * 32, 2 * F32(Rows, 32));

    [Benchmark]
    public void Prompt()
    {
        Ops.RopeAngles(_positions, _frequencies, 1, _cos, _sin);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _positions = Integers([.. Enumerable.Range(0, Rows)]);
        _frequencies = Numbers(new Shape(32));
        _cos = Empty(new Shape(Rows, 32));
        _sin = Empty(new Shape(Rows, 32));
    }
}
