using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Engine.Forward;

/// <summary>
/// Carries a batch of one shape through the model. Everything it needs is laid out when it is made, so that running it
/// again for the next token of the same sequences allocates nothing. A run has two parts: what the host brings to the
/// device (tokens, positions, rows of edits), and ops alone, which a device can record and run again.
/// </summary>
internal sealed class ForwardPass : IDisposable
{
    private readonly Model _model;
    private readonly HookPlan _plan;
    private readonly KeyValueCache? _cache;
    private readonly Batch _batch;
    private readonly BlockRunner _blocks;
    private readonly HeadRunner _head;
    private readonly int _layers;
    private readonly Action _ops;
    private IRecording? _recording;
    private bool _isRecording;
    private double _progress;

    /// <summary>Lays a pass out.</summary>
    /// <param name="model">The model.</param>
    /// <param name="plan">Its captures are bound to this pass's memory.</param>
    /// <param name="rows">The batch's shape.</param>
    /// <param name="promptLengths">Of each sequence, the length that positions from the end count from.</param>
    /// <param name="logits">Rows to compute logits for.</param>
    /// <param name="cache">Keys and values to continue from, or null.</param>
    /// <param name="scratch">Memory for as long as the pass is used.</param>
    public ForwardPass(Model model, HookPlan plan, PackedRows rows, int[] promptLengths, LogitRows logits, KeyValueCache? cache, Arena scratch)
    {
        if (logits == LogitRows.None && plan.WantsHead)
        {
            throw new SiteException("logits", "UnsupportedSite: a hook is on the final norm or the logits of a pass that computes no logits; ask for logits or take the hook away.");
        }

        _model = model;
        _ops = RunOps;
        _plan = plan;
        _cache = cache;
        _layers = logits == LogitRows.None && cache is null ? plan.LayersNeeded : model.Spec.Layers;
        PackedRows logitRows = HeadRunner.RowsOf(rows, logits);
        var (buffer, captured, logitTensor) = Slab.Bind(model, plan, rows, logitRows.Rows);
        Result = new ForwardResult(model, rows, buffer, captured, logitTensor);
        Logits = logitTensor;
        try
        {
            _batch = new Batch(model, scratch, rows, promptLengths);
            _blocks = new BlockRunner(model, plan, _batch);
            _head = new HeadRunner(model, plan, _batch, logitRows, logitTensor);
            plan.Bind(_batch, logitRows);
            Ids = scratch.Allocate(new Shape(rows.Rows), ElementType.I32);
        }
        catch
        {
            Result.Dispose();
            throw;
        }
    }

    /// <summary>What the pass keeps; the caller's to dispose.</summary>
    public ForwardResult Result { get; }

    /// <summary>Told the fraction of blocks done; what it throws stops the pass.</summary>
    public IProgress<double>? Progress { get; init; }

    /// <summary>True where more runs follow the first, so that it pays to record one.</summary>
    public bool Repeats { get; init; }

    /// <summary>I32 [rows]: token ids in packed order, read by <see cref="Run()"/>.</summary>
    public Tensor Ids { get; }

    /// <summary>F32 [logit rows, vocabulary], or absent.</summary>
    public Tensor Logits { get; }

    /// <summary>Runs sequences once, in scratch memory that the next pass reuses.</summary>
    public static ForwardResult Once(Model model, IReadOnlyList<IReadOnlyList<int>> sequences, HookPlan plan, ForwardOptions options)
    {
        PackedRows rows = SequencePacker.Pack(model, sequences, options.Cache);
        using ScratchLease scratch = model.BorrowScratch();
        var pass = new ForwardPass(model, plan, rows, [.. Enumerable.Range(0, rows.Sequences).Select(rows.End)], options.Logits, options.Cache, scratch.Arena)
        {
            Progress = options.Progress,
        };
        try
        {
            pass.Run(SequencePacker.Tokens(sequences));
            if (options.Cache is null)
            {
                plan.CheckEveryEditActed();
            }

            return pass.Result;
        }
        catch
        {
            pass.Result.Dispose();
            throw;
        }
    }

    /// <summary>Runs the batch.</summary>
    /// <param name="tokens">Token ids in packed order.</param>
    public void Run(ReadOnlySpan<int> tokens)
    {
        _batch.Device.Write(Ids, System.Runtime.InteropServices.MemoryMarshal.AsBytes(tokens));
        Run();
    }

    /// <summary>Runs the batch on the tokens that <see cref="Ids"/> holds.</summary>
    public void Run()
    {
        PackedRows rows = _batch.Rows;
        bool changed = _plan.PlaceEdits();
        if (_cache is not null)
        {
            int longest = 0;
            for (int s = 0; s < rows.Sequences; s++)
            {
                longest = Math.Max(longest, rows.End(s));
            }

            changed |= _cache.Reserve(longest);
        }

        if (changed)
        {
            _recording?.Dispose();
            _recording = null;
        }

        _progress = 0;
        if (_recording is not null)
        {
            _recording.Run();
        }
        else
        {
            _ops();
            Record();
        }

        if (_progress < 1)
        {
            Progress?.Report(1);
        }

        for (int s = 0; _cache is not null && s < rows.Sequences; s++)
        {
            _cache.SetLength(s, rows.End(s));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _recording?.Dispose();
        Result.Dispose();
    }

    /// <summary>Moves every sequence on by the rows it has in the batch, for the next run.</summary>
    public void Advance()
    {
        PackedRows rows = _batch.Rows;
        for (int s = 0; s < rows.Sequences; s++)
        {
            rows.Place(s, rows.End(s));
        }

        _head.PlaceRows();
        _batch.PlaceRows();
    }

    // Right after the ops have run: then all that they need is there, and the device is busy meanwhile.
    private void Record()
    {
        if (Repeats && _plan.IsRecordable && !_model.StreamsWeights)
        {
            _isRecording = true;
            try
            {
                _recording = _batch.Device.Record(_ops);
            }
            finally
            {
                _isRecording = false;
            }
        }
    }

    private void RunOps()
    {
        _batch.MakeAngles();
        _head.Run(RunBlocks());
    }

    private Tensor RunBlocks()
    {
        Tensor x = Residual(0, avoid: default);
        EmbeddingRunner.Run(_model, _plan, _batch, Ids, x);
        for (int l = 0; l < _layers; l++)
        {
            x = ActOnInput(l, x);
            KeyValueStore store = _cache?.Layer(l) ?? _model.LayerStore(_batch.Rows);
            Tensor y = Residual(l + 1, avoid: x);
            SiteUse? midUse = _plan.Use(SitePoint.ResidualMid, l);
            _blocks.Run(l, store, x, midUse is { Captured: true } ? midUse.Slot : y, y);
            x = y;
            Report((l + 1.0) / _layers);
        }

        return x;
    }

    private void Report(double progress)
    {
        if (!_isRecording)
        {
            _progress = progress;
            Progress?.Report(progress);
        }
    }

    // Where the residual before a layer goes: the slot of whoever captured it, else one of two that take turns.
    private Tensor Residual(int layer, Tensor avoid)
    {
        if (layer > 0 && _plan.Use(SitePoint.ResidualPost, layer - 1) is { Captured: true } post)
        {
            return post.Slot;
        }

        if (layer < _model.Spec.Layers && _plan.Use(SitePoint.ResidualPre, layer) is { Captured: true } pre)
        {
            return pre.Slot;
        }

        if (layer == 0 && _plan.Use(SitePoint.Embed) is { Captured: true } embed && _model.Weights.ProjectIn is null && _model.Weights.Positions.IsAbsent)
        {
            return embed.Slot;
        }

        return _batch.NextResidual(avoid, _model.Spec.Width);
    }

    private Tensor ActOnInput(int layer, Tensor x)
    {
        SiteUse? use = _plan.Use(SitePoint.ResidualPre, layer);
        if (use is not { Acts: true })
        {
            return x;
        }

        // Only where the value before the change was captured as well must the change happen elsewhere.
        bool kept = layer > 0
            ? _plan.Use(SitePoint.ResidualPost, layer - 1) is { Captured: true }
            : _plan.Use(SitePoint.Embed) is { Captured: true } embed && embed.Slot.Address == x.Address;
        Tensor target = use.Captured ? use.Slot : kept ? _batch.NextResidual(x, _model.Spec.Width) : x;
        if (target.Address != x.Address)
        {
            _batch.Ops.Copy(x, target);
        }

        SiteRunner.Act(use, target, _batch, _batch.Rows);
        return target;
    }
}
