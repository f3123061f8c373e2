using BenchmarkDotNet.Attributes;

namespace Weir.Kernels.Bench;

/// <summary>GPT-2's positions of a prompt.</summary>
public class AddPositionsBench : OpBench
{
    private Tensor _positions, _table, _y;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new(Rows * Width, 3 * F32(Rows, Width));

    [Benchmark]
    public void Prompt()
    {
        Ops.AddPositions(_y, _positions, _table, 0, _y);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _positions = Integers([.. Enumerable.Range(0, Rows)]);
        _table = Numbers(new Shape(1024, Width));
        _y = Numbers(new Shape(Rows, Width));
    }
}
