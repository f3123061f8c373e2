using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Engine.Sweeps;

/// <summary>
/// Advances a baseline and its variants layer by layer as one batch of rows: rows 0 .. BaseRows-1 are the baseline's
/// sequences, each variant's follow in the order of the forks. What lies before a fork is never computed twice, each
/// layer's weights are read once, and contributions are compared on the device where they are made.
/// </summary>
public sealed class Wave : IDisposable
{
    private readonly Model _model;
    private readonly int[] _lengths;
    private DeviceBuffer? _memory;
    private readonly Tensor _attentionOut;
    private readonly Tensor _mlpOut;
    private readonly HookPlan _plan;
    private Tensor _input;
    private Tensor _residual;
    private int _rowsRun;

    /// <summary>Embeds the baseline's sequences.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Token ids of each sequence.</param>
    /// <param name="variants">Most variants that will be forked.</param>
    public Wave(Model model, IReadOnlyList<IReadOnlyList<int>> sequences, int variants)
    {
        _model = model;
        _lengths = [.. sequences.Select(s => s.Count)];
        BaseRows = SequencePacker.Pack(model, sequences, cache: null).Rows;
        var shape = new Shape(checked(BaseRows * (variants + 1)), model.Spec.Width);
        long bytes = shape.Count * sizeof(float);
        _memory = model.Results.Rent(4 * bytes);
        _input = new Tensor(_memory, 0, shape);
        _residual = new Tensor(_memory, bytes, shape);
        _attentionOut = new Tensor(_memory, 2 * bytes, shape);
        _mlpOut = new Tensor(_memory, 3 * bytes, shape);
        _plan = new HookPlan(new HookSet().Capture(Site.AttentionOut.AllLayers, Site.MlpOut.AllLayers), model.Spec);

        using ScratchLease scratch = model.BorrowScratch();
        Tensor ids = scratch.Arena.Upload<int>(SequencePacker.Tokens(sequences));
        EmbeddingRunner.Run(model, new HookPlan(HookSet.None, model.Spec), NewBatch(scratch.Arena), ids, Residual);
    }

    /// <summary>Rows of the baseline, and of each variant.</summary>
    public int BaseRows { get; }

    /// <summary>Blocks run so far.</summary>
    public int Layer { get; private set; }

    /// <summary>Variants forked so far.</summary>
    public int Variants { get; private set; }

    /// <summary>[rows, d]: the residual after the last block run.</summary>
    public Tensor Residual => _residual.RowRange(0, Rows);

    /// <summary>[rows, d]: what the last block's attention added, of the variants that were there when it ran.</summary>
    public Tensor AttentionOut => _attentionOut.RowRange(0, _rowsRun);

    /// <summary>[rows, d]: what the last block's MLP added, of the variants that were there when it ran.</summary>
    public Tensor MlpOut => _mlpOut.RowRange(0, _rowsRun);

    private int Rows => BaseRows * (Variants + 1);

    /// <summary>Runs the next block on the baseline and every variant.</summary>
    public void Advance()
    {
        if (Layer == _model.Spec.Layers)
        {
            throw new InvalidOperationException($"The wave has run all {Layer} blocks.");
        }

        using ScratchLease scratch = _model.BorrowScratch();
        (_input, _residual) = (_residual, _input);
        Batch batch = NewBatch(scratch.Arena);
        _rowsRun = Rows;
        _plan.Use(SitePoint.AttentionOut, Layer)!.Slot = AttentionOut;
        _plan.Use(SitePoint.MlpOut, Layer)!.Slot = MlpOut;
        var blocks = new BlockRunner(_model, _plan, batch);
        blocks.Run(Layer, _model.LayerStore(batch.Rows), _input.RowRange(0, Rows), Residual, Residual);
        Layer++;
    }

    /// <summary>
    /// Forks a variant from the baseline in which the last block run is skipped at some positions of every sequence.
    /// </summary>
    /// <param name="positions">Positions, resolved in each sequence.</param>
    /// <returns>The variant's number, from 0.</returns>
    public int ForkSkippingBlock(Range positions)
    {
        int first = Rows;
        _ = _residual.RowRange(first, BaseRows);
        Variants++;
        _model.Device.Ops.Copy(_residual.RowRange(0, BaseRows), _residual.RowRange(first, BaseRows));
        int row = 0;
        foreach (int length in _lengths)
        {
            int start = Math.Clamp(positions.Start.GetOffset(length), 0, length);
            int end = Math.Clamp(positions.End.GetOffset(length), start, length);
            _model.Device.Ops.Copy(_input.RowRange(row + start, end - start), _residual.RowRange(first + row + start, end - start));
            row += length;
        }

        return Variants - 1;
    }

    /// <summary>
    /// Compares a variant's rows of a tensor of this wave with the baseline's: per row |base|^2, |variant|^2, their dot
    /// product and |difference|^2.
    /// </summary>
    public float[] Compare(Tensor rows, int variant)
    {
        using ScratchLease scratch = _model.BorrowScratch();
        Tensor statistics = scratch.Arena.Allocate(new Shape(BaseRows, 4));
        _model.Device.Ops.CompareRows(rows.RowRange(0, BaseRows), rows.RowRange((variant + 1) * BaseRows, BaseRows), statistics);
        float[] values = new float[BaseRows * 4];
        _model.Device.Read(statistics, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
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

    private Batch NewBatch(Arena scratch)
    {
        int[] lengths = [.. Enumerable.Repeat(_lengths, Variants + 1).SelectMany(l => l)];
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
