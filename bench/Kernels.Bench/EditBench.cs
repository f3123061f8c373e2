using BenchmarkDotNet.Attributes;
using Weir.Kernels.Ops;

namespace Weir.Kernels.Bench;

/// <summary>One direction in every row of a residual stream.</summary>
public class EditBench : OpBench
{
    private Tensor _target, _rows, _coefficients, _operand;

    /// <inheritdoc/>
    public override Work WorkOf(string benchmark) => new((benchmark == nameof(Add) ? 2.0 : 6.0) * Rows * Width, 2 * F32(Rows, Width));

    [Benchmark]
    public void Add()
    {
        Ops.Edit(EditKind.Add, _target, _rows, _coefficients, _operand);
        Opened.Synchronize();
    }

    [Benchmark]
    public void ProjectOut()
    {
        Ops.Edit(EditKind.ProjectOut, _target, _rows, _coefficients, _operand);
        Opened.Synchronize();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _target = Numbers(new Shape(Rows, Width));
        _rows = Integers([.. Enumerable.Range(0, Rows)]);
        _coefficients = Numbers(new Shape(Rows));
        _operand = Numbers(new Shape(Width));
    }
}
