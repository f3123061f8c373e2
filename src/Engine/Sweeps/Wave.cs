using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Engine.Sweeps;

/// <summary>
/// Advances a baseline and its variants layer by layer as one batch of rows: rows 0 .. BaseRows-1 are the baseline's
/// sequences, each variant's follow in the order in which they begin. A variant is forked from the baseline in front of the
/// first block that it changes, so what lies before is never computed twice, and each layer's weights are read once.
/// </summary>
public sealed class Wave : IDisposable
{
    private readonly Model _model;
    private readonly int[] _lengths;
    private readonly int[] _firstBlocks;
    private readonly Tensor _attentionOut;
    private readonly Tensor _mlpOut;
    private DeviceBuffer? _memory;
    private Tensor _input;
    private Tensor _residual;
    private int _rowsRun;

    /// <summary>Embeds the baseline's sequences.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Token ids of each sequence.</param>
    /// <param name="variants">What is changed, each on all sequences.</param>
    /// <exception cref="WeirException">A variant cannot act in this model.</exception>
    public Wave(Model model, IReadOnlyList<IReadOnlyList<int>> sequences, IReadOnlyList<Variant> variants)
    {
        foreach (Variant variant in variants)
        {
            variant.Check(model.Spec, sequences.Count);
        }

        _model = model;
        _lengths = [.. sequences.Select(s => s.Count)];
        Variants = [.. variants.OrderBy(v => v.FirstBlock(model.Spec))];
        _firstBlocks = [.. Variants.Select(v => v.FirstBlock(model.Spec))];
        Rows = SequencePacker.Pack(model, sequences, cache: null);
        var shape = new Shape(checked(BaseRows * (variants.Count + 1)), model.Spec.Width);
        long bytes = shape.Count * sizeof(float);
        _memory = model.Results.Rent(4 * bytes);
        _input = new Tensor(_memory, 0, shape);
        _residual = new Tensor(_memory, bytes, shape);
        _attentionOut = new Tensor(_memory, 2 * bytes, shape);
        _mlpOut = new Tensor(_memory, 3 * bytes, shape);

        using ScratchLease scratch = model.BorrowScratch();
        Tensor ids = scratch.Arena.Upload<int>(SequencePacker.Tokens(sequences));
        EmbeddingRunner.Run(model, new HookPlan(HookSet.None, model.Spec), NewBatch(scratch.Arena), ids, Residual);
        Fork(scratch.Arena);
    }

    /// <summary>The variants in the order of their rows, which is the order in which they begin.</summary>
    public IReadOnlyList<Variant> Variants { get; }

    /// <summary>Sequences and positions of the baseline's rows, and of each variant's.</summary>
    public PackedRows Rows { get; }

    /// <summary>Rows of the baseline, and of each variant.</summary>
    public int BaseRows => Rows.Rows;

    /// <summary>Blocks run so far.</summary>
    public int Layer { get; private set; }

    /// <summary>Variants that have begun.</summary>
    public int Live { get; private set; }

    /// <summary>Variants that had begun when the last block ran: those whose rows it made.</summary>
    public int Ran => (_rowsRun / Math.Max(BaseRows, 1)) - 1;

    /// <summary>[rows, d]: the residual after the last block run, of the baseline and every live variant.</summary>
    public Tensor Residual => _residual.RowRange(0, BaseRows * (Live + 1));

    /// <summary>[rows, d]: what the last block's attention added, of the variants that it ran.</summary>
    public Tensor AttentionOut => _attentionOut.RowRange(0, _rowsRun);

    /// <summary>[rows, d]: what the last block's MLP added, of the variants that it ran.</summary>
    public Tensor MlpOut => _mlpOut.RowRange(0, _rowsRun);

    /// <summary>The baseline's rows of a tensor of this wave.</summary>
    public Tensor Baseline(Tensor rows) => rows.RowRange(0, BaseRows);

    /// <summary>A variant's rows of a tensor of this wave.</summary>
    /// <param name="rows">One of this wave's tensors.</param>
    /// <param name="variant">Its place in <see cref="Variants"/>.</param>
    public Tensor Of(Tensor rows, int variant) => rows.RowRange((variant + 1) * BaseRows, BaseRows);

    /// <summary>Runs the next block on the baseline and every live variant, then forks those that begin behind it.</summary>
    public void Advance()
    {
        int layer = Layer;
        if (layer == _model.Spec.Layers)
        {
            throw new InvalidOperationException($"The wave has run all {layer} blocks.");
        }

        using ScratchLease scratch = _model.BorrowScratch();
        (_input, _residual) = (_residual, _input);
        _rowsRun = BaseRows * (Live + 1);
        Batch batch = NewBatch(scratch.Arena);
        HookPlan plan = Plan(Enumerable.Range(0, Live), layer, keep: [Site.AttentionOut[layer], Site.MlpOut[layer]], e => true);
        plan.Use(SitePoint.AttentionOut, layer)!.Slot = AttentionOut;
        plan.Use(SitePoint.MlpOut, layer)!.Slot = MlpOut;
        plan.Bind(batch, batch.Rows);
        _ = plan.PlaceEdits();
        Tensor input = _input.RowRange(0, _rowsRun);
        SiteRunner.Act(plan.Use(SitePoint.ResidualPre, layer), input, batch, batch.Rows);
        new BlockRunner(_model, plan, batch).Run(layer, _model.LayerStore(batch.Rows), input, Residual, Residual);
        plan.CheckEveryEditActed();
        Layer++;
        Fork(scratch.Arena);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_memory is not null)
        {
            _model.Results.Return(_memory);
            _memory = null;
        }
    }

    // A variant that begins with the next block has the baseline's state, but for what it does to the block just run.
    private void Fork(Arena scratch)
    {
        int first = Live;
        while (Live < Variants.Count && _firstBlocks[Live] == Layer)
        {
            Live++;
        }

        if (first == Live)
        {
            return;
        }

        for (int v = first; v < Live; v++)
        {
            _model.Device.Ops.Copy(Baseline(Residual), Of(Residual, v));
            if (Layer > 0 && Variants[v].At(Layer - 1).Any(e => e.Action == EditAction.Skip))
            {
                Tensor input = _input.RowRange(0, Residual.Rows);
                _model.Device.Ops.Copy(Baseline(input), Of(input, v));
            }
        }

        if (Layer > 0)
        {
            HookPlan plan = Plan(Enumerable.Range(first, Live - first), Layer - 1, keep: [], e => e.Site.Point == SitePoint.ResidualPost);
            Batch batch = NewBatch(scratch);
            plan.Bind(batch, batch.Rows);
            _ = plan.PlaceEdits();
            SiteRunner.Act(plan.Use(SitePoint.ResidualPost, Layer - 1), Residual, batch, batch.Rows, _input.RowRange(0, Residual.Rows));
            plan.CheckEveryEditActed();
        }
    }

    // The edits of some variants at one layer, each on its own rows.
    private HookPlan Plan(IEnumerable<int> variants, int layer, ReadOnlySpan<Site> keep, Func<Edit, bool> which)
    {
        HookSet hooks = new HookSet().Capture(keep);
        foreach (int v in variants)
        {
            int first = (v + 1) * Rows.Sequences;
            foreach (Edit edit in Variants[v].At(layer).Where(which))
            {
                hooks.Edit(edit with { Sequences = [.. (edit.Sequences ?? Enumerable.Range(0, Rows.Sequences)).Select(s => first + s)] });
            }
        }

        return new HookPlan(hooks, _model.Spec);
    }

    private Batch NewBatch(Arena scratch)
    {
        int[] lengths = [.. Enumerable.Repeat(_lengths, Live + 1).SelectMany(l => l)];
        int[] offsets = new int[lengths.Length + 1];
        for (int s = 0; s < lengths.Length; s++)
        {
            offsets[s + 1] = offsets[s] + lengths[s];
        }

        var batch = new Batch(_model, scratch, new PackedRows(offsets, new int[lengths.Length]), lengths);
        batch.MakeAngles();
        return batch;
    }
}
