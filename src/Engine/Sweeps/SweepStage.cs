using System.Runtime.InteropServices;
using Weir.Kernels;

namespace Weir.Engine.Sweeps;

/// <summary>
/// What a metric sees: the baseline's and the variants' values after one block, on the device, before the next block
/// overwrites them.
/// </summary>
public sealed class SweepStage
{
    // Logits held at once: 64 MiB of each side.
    private const long MostLogits = 16 << 20;

    private readonly Func<SweepPoint, int, Tensor> _values;

    /// <summary>Describes a stage.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Sequences and positions of the rows; the same for the baseline and every variant.</param>
    /// <param name="prompts">Of each sequence, the number of its prompt in the sweep's list.</param>
    /// <param name="layer">The block just run.</param>
    /// <param name="variants">The variants that have values, as numbers of the sweep's list.</param>
    /// <param name="values">
    /// Their values by place in that list, the baseline's at -1: F32 [rows, d]. Not asked for
    /// <see cref="SweepPoint.Contribution"/>, which is made of the other two.
    /// </param>
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

    /// <summary>The baseline's values, of a point that is no sum: F32 [rows, d].</summary>
    public Tensor Baseline(SweepPoint point) => _values(point, -1);

    /// <summary>A variant's values, of a point that is no sum: F32 [rows, d].</summary>
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
        Arena arena = scratch.Arena;
        Tensor statistics = arena.Allocate(new Shape(Variants.Count * rows, 4));
        Tensor baseline = Values(point, -1, arena);
        for (int v = 0; v < Variants.Count; v++)
        {
            var mark = arena.Mark();
            Model.Device.Ops.CompareRows(baseline, Values(point, v, arena), statistics.RowRange(v * rows, rows));
            arena.Release(mark);
        }

        Model.Device.Read(statistics, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Norm of each of the baseline's rows.</summary>
    /// <returns>[rows].</returns>
    public double[] BaselineNorms(SweepPoint point)
    {
        using ScratchLease scratch = Model.BorrowScratch();
        Tensor statistics = scratch.Arena.Allocate(new Shape(Rows.Rows, 4));
        Tensor baseline = Values(point, -1, scratch.Arena);
        Model.Device.Ops.CompareRows(baseline, baseline, statistics);
        float[] values = Model.Device.Read<float>(statistics);
        return [.. Enumerable.Range(0, Rows.Rows).Select(row => Math.Sqrt(values[row * 4]))];
    }

    /// <summary>
    /// At the output, distances of the variants' next-token distributions from the baseline's, as
    /// <see cref="Kernels.Ops.IOps.CompareDistributions"/> gives them: KL(p || p'), KL(p' || p), |p - p'| and total variation.
    /// Logits are made for a few rows at a time.
    /// </summary>
    /// <param name="positions">Positions wanted, given the place in <see cref="Variants"/> and the sequence of <see cref="Rows"/>.</param>
    /// <returns>Of each variant, [wanted positions of all sequences, 4], flat.</returns>
    public float[][] CompareDistributions(Func<int, int, Range> positions)
    {
        int[][] wanted = [.. Enumerable.Range(0, Variants.Count).Select(v => Enumerable.Range(0, Rows.Sequences).SelectMany(s =>
        {
            (int first, int end) = MeasuredRows.Of(Rows, s, positions(v, s));
            return Enumerable.Range(first, end - first);
        }).ToArray())];
        float[][] distances = [.. wanted.Select(rows => new float[rows.Length * 4])];
        int group = (int)Math.Clamp(MostLogits / Model.Spec.VocabularySize, 1, 4096);
        foreach (int[] rows in wanted.SelectMany(w => w).Distinct().Order().Chunk(group))
        {
            CompareGroup(rows, wanted, distances);
        }

        return distances;
    }

    private void CompareGroup(int[] rows, int[][] wanted, float[][] distances)
    {
        using ScratchLease scratch = Model.BorrowScratch();
        Arena arena = scratch.Arena;
        Tensor all = OutputRows.Logits(Model, arena, Baseline(SweepPoint.ResidualPost), arena.Upload<int>(rows));
        for (int v = 0; v < wanted.Length; v++)
        {
            // A variant's rows ascend, so those of this group lie together.
            int first = Array.FindIndex(wanted[v], row => row >= rows[0]);
            int count = first < 0 ? 0 : wanted[v].Skip(first).TakeWhile(row => row <= rows[^1]).Count();
            if (count == 0)
            {
                continue;
            }

            var mark = arena.Mark();
            Tensor baseline = all;
            int[] own = wanted[v][first..(first + count)];
            if (count < rows.Length)
            {
                baseline = arena.Allocate(new Shape(count, all.Width));
                Model.Device.Ops.GatherRows(all, arena.Upload<int>([.. own.Select(row => Array.BinarySearch(rows, row))]), baseline);
            }

            Tensor result = arena.Allocate(new Shape(count, 4));
            Tensor logits = OutputRows.Logits(Model, arena, Variant(SweepPoint.ResidualPost, v), arena.Upload<int>(own));
            Model.Device.Ops.CompareDistributions(baseline, logits, result);
            Model.Device.Read(result, MemoryMarshal.AsBytes(distances[v].AsSpan(first * 4, count * 4)));
            arena.Release(mark);
        }
    }

    private Tensor Values(SweepPoint point, int index, Arena arena)
    {
        if (point != SweepPoint.Contribution)
        {
            return _values(point, index);
        }

        Tensor sum = arena.Allocate(new Shape(Rows.Rows, Model.Spec.Width));
        Model.Device.Ops.Add(_values(SweepPoint.AttentionOut, index), _values(SweepPoint.MlpOut, index), sum);
        return sum;
    }
}
