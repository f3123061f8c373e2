using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>Rows in another order.</summary>
public class GatherRowsBench : OpBench
{
    private Tensor _x, _indices, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(0, 2 * F32(Rows, Width));

    [Benchmark]
    public void Prompt()
    {
        Ops.GatherRows(_x, _indices, _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _x = Numbers(new Shape(Rows, Width));
        _indices = Integers([.. Enumerable.Range(0, Rows).Select(i => i * 7 % Rows)]);
        _y = Empty(new Shape(Rows, Width));
    }
}
