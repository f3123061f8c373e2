using System.Runtime.InteropServices;
using Weir.Kernels;

namespace Weir.Engine.Sweeps;

/// <summary>
/// What a metric sees: the baseline's and the variants' values after one block, on the device, before the next block
/// overwrites them.
/// </summary>
public sealed class SweepStage
{
    private readonly Func<SweepPoint, int, Tensor> _values;

    /// <summary>Describes a stage.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Sequences and positions of the rows; the same for the baseline and every variant.</param>
    /// <param name="prompts">Of each sequence, the number of its prompt in the sweep's list.</param>
    /// <param name="layer">The block just run.</param>
    /// <param name="variants">The variants that have values, as numbers of the sweep's list.</param>
    /// <param name="values">Their values by place in that list, the baseline's at -1: F32 [rows, d].</param>
    public SweepStage(Model model, PackedRows rows, IReadOnlyList<int> prompts, int layer, IReadOnlyList<int> variants, Func<SweepPoint, int, Tensor> values)
    {
        Model = model;
        Rows = rows;
        Prompts = prompts;
        Layer = layer;
        Variants = variants;
        _values = values;
    }

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>Sequences and positions of the rows.</summary>
    public PackedRows Rows { get; }

    /// <summary>Of each sequence, the number of its prompt in the sweep's list.</summary>
    public IReadOnlyList<int> Prompts { get; }

    /// <summary>The block just run.</summary>
    public int Layer { get; }

    /// <summary>The variants that have values, as numbers of the sweep's list.</summary>
    public IReadOnlyList<int> Variants { get; }

    /// <summary>The baseline's values: F32 [rows, d].</summary>
    public Tensor Baseline(SweepPoint point) => _values(point, -1);

    /// <summary>A variant's values: F32 [rows, d].</summary>
    /// <param name="point">Which.</param>
    /// <param name="index">Place in <see cref="Variants"/>.</param>
    public Tensor Variant(SweepPoint point, int index) => _values(point, index);

    /// <summary>
    /// Statistics of every variant's rows against the baseline's, reduced on the device: |base|^2, |variant|^2, their dot
    /// product and |difference|^2.
    /// </summary>
    /// <returns>[variants, rows, 4], flat.</returns>
    public float[] Compare(SweepPoint point)
    {
        int rows = Rows.Rows;
        float[] values = new float[Variants.Count * rows * 4];
        if (values.Length == 0)
        {
            return values;
        }

        using ScratchLease scratch = Model.BorrowScratch();
        Tensor statistics = scratch.Arena.Allocate(new Shape(Variants.Count * rows, 4));
        for (int v = 0; v < Variants.Count; v++)
        {
            Model.Device.Ops.CompareRows(Baseline(point), Variant(point, v), statistics.RowRange(v * rows, rows));
        }

        Model.Device.Read(statistics, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
