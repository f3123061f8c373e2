using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>From the last residual to the logits: final norm, output projection where the model has one, unembedding, softcap.</summary>
internal sealed class HeadRunner
{
    private readonly Model _model;
    private readonly HookPlan _plan;
    private readonly Batch _batch;
    private readonly PackedRows _rows;
    private readonly Tensor _logits;
    private readonly Tensor _lastRows;
    private readonly Tensor _input;
    private readonly Tensor _normed;

    /// <summary>Lays the memory out.</summary>
    /// <param name="model">The model.</param>
    /// <param name="plan">What acts on the final norm and the logits.</param>
    /// <param name="batch">The batch that has gone through the blocks.</param>
    /// <param name="rows">Of it, the rows that get logits; see <see cref="RowsOf"/>.</param>
    /// <param name="logits">F32 [rows, vocabulary], where they go; absent where there are none.</param>
    public HeadRunner(Model model, HookPlan plan, Batch batch, PackedRows rows, Tensor logits)
    {
        _model = model;
        _plan = plan;
        _batch = batch;
        _rows = rows;
        _logits = logits;
        if (rows.Rows == 0)
        {
            return;
        }

        var shape = new Shape(rows.Rows, model.Spec.Width);
        if (rows.Rows != batch.Count)
        {
            PackedRows all = batch.Rows;
            _lastRows = batch.Scratch.Upload<int>([.. Enumerable.Range(0, all.Sequences).Where(s => all.Length(s) > 0).Select(s => all.Offsets[s + 1] - 1)]);
            _input = batch.Scratch.Allocate(shape);
        }

        _normed = model.Weights.FinalNorm is null ? default : batch.Scratch.Allocate(shape);
    }

    /// <summary>The rows of a batch that get logits.</summary>
    public static PackedRows RowsOf(PackedRows rows, LogitRows which) => which switch
    {
        LogitRows.All => rows,
        LogitRows.Last => LastOf(rows),
        _ => new PackedRows([0], []),
    };

    /// <summary>What the unembedding multiplies, of states behind the final norm.</summary>
    public static Tensor Project(Model model, Arena scratch, Tensor normed)
    {
        if (model.Weights.ProjectOut is not { } project)
        {
            return normed;
        }

        Tensor projected = scratch.Allocate(new Shape(normed.Rows, project.Matrix.Outputs));
        model.Device.Ops.MatMul(normed, project.Matrix, projected, new MatMulOptions { Bias = project.Bias });
        return projected;
    }

    /// <summary>Logits of what <see cref="Project"/> gives: F32 [rows, vocabulary]; bare ones without the model's bias and cap.</summary>
    public static void Unembed(Model model, Tensor projected, Tensor logits, bool bare = false)
    {
        LinearWeights head = model.Weights.Head;
        model.Device.Ops.MatMul(projected, head.Matrix, logits, new MatMulOptions { Bias = bare ? default : head.Bias });
        if (!bare && model.Spec.FinalSoftcap > 0)
        {
            model.Device.Ops.Softcap(logits, model.Spec.FinalSoftcap, logits);
        }
    }

    /// <summary>Makes the logits of the batch.</summary>
    /// <param name="x">F32 [batch, d]: the residual behind the last block.</param>
    public void Run(Tensor x)
    {
        if (_rows.Rows == 0)
        {
            return;
        }

        if (!_lastRows.IsAbsent)
        {
            _batch.Ops.GatherRows(x, _lastRows, _input);
            x = _input;
        }

        if (_model.Weights.FinalNorm is { } norm)
        {
            NormRunner.Run(_model.Spec.Norm, norm, x, _normed, _batch, _rows, _plan.Use(SitePoint.LnFinalScale), _plan.Use(SitePoint.LnFinalNormalized));
            x = _normed;
        }

        var mark = _batch.Scratch.Mark();
        Unembed(_model, Project(_model, _batch.Scratch, x), _logits);
        _batch.Scratch.Release(mark);
        SiteRunner.Act(_plan.Use(SitePoint.Logits), _logits, _batch, _rows);
    }

    /// <summary>Moves the rows on with the batch's.</summary>
    public void PlaceRows()
    {
        PackedRows all = _batch.Rows;
        for (int s = 0; s < _rows.Sequences && !ReferenceEquals(all, _rows); s++)
        {
            _rows.Place(s, all.Starts[s] + Math.Max(all.Length(s) - 1, 0));
        }
    }

    private static PackedRows LastOf(PackedRows rows)
    {
        int[] offsets = new int[rows.Sequences + 1];
        int[] starts = new int[rows.Sequences];
        for (int s = 0; s < rows.Sequences; s++)
        {
            offsets[s + 1] = offsets[s] + (rows.Length(s) > 0 ? 1 : 0);
            starts[s] = Math.Max(rows.End(s) - 1, 0);
        }

        return new PackedRows(offsets, starts);
    }
}
