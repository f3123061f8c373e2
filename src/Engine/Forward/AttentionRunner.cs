using Weir.Engine.Families;
using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>The attention of one block, from the normed input to z: projections, q/k norm, rotation, store, mixing.</summary>
internal sealed class AttentionRunner
{
    private readonly ModelSpec _spec;
    private readonly HookPlan _plan;
    private readonly Batch _batch;
    private readonly Tensor _qkv;
    private readonly Tensor _z;

    public AttentionRunner(Model model, HookPlan plan, Batch batch)
    {
        _spec = model.Spec;
        _plan = plan;
        _batch = batch;
        _qkv = batch.Scratch.Allocate(new Shape(batch.Count, _spec.Attention.QueryWidth + (2 * _spec.Attention.KeyWidth)));
        _z = batch.Scratch.Allocate(new Shape(batch.Count, _spec.Attention.Heads, _spec.Attention.HeadSize));
    }

    /// <summary>Makes z [n, heads, size] from the normed input and adds the batch's keys and values to the store.</summary>
    public Tensor Run(int layer, BlockWeights w, KeyValueStore store, Tensor input)
    {
        IOps ops = _batch.Ops;
        AttentionSpec a = _spec.Attention;
        var mark = _batch.Scratch.Mark();
        SiteUse? qUse = _plan.Use(SitePoint.Query, layer);
        SiteUse? kUse = _plan.Use(SitePoint.Key, layer);
        SiteUse? vUse = _plan.Use(SitePoint.Value, layer);

        Tensor fused = qUse is { Captured: true } ? qUse.FusedSlot
            : kUse is { Captured: true } ? kUse.FusedSlot
            : vUse is { Captured: true } ? vUse.FusedSlot : _qkv;
        ops.MatMul(input, w.QueryKeyValue.Matrix, fused, new MatMulOptions { Bias = w.QueryKeyValue.Bias });
        Tensor q = fused.Columns(0, a.QueryWidth);
        Tensor k = fused.Columns(a.QueryWidth, a.KeyWidth);
        Tensor v = fused.Columns(a.QueryWidth + a.KeyWidth, a.KeyWidth);
        SiteRunner.Act(qUse, q, _batch, _batch.Rows);
        SiteRunner.Act(kUse, k, _batch, _batch.Rows);
        SiteRunner.Act(vUse, v, _batch, _batch.Rows);

        q = Rotate(q, a.Heads, w.QueryNorm, _plan.Use(SitePoint.RotatedQuery, layer), qUse is { Captured: true });
        k = Rotate(k, a.KeyValueHeads, w.KeyNorm, _plan.Use(SitePoint.RotatedKey, layer), kUse is { Captured: true });
        ops.AppendKeyValues(k, v.Reshape(_batch.Count, a.KeyValueHeads, a.HeadSize), _batch.Rows, store);

        SiteUse? zUse = _plan.Use(SitePoint.Z, layer);
        Tensor z = zUse is { Captured: true } ? zUse.Slot : _z;
        Mix(layer, q, store, z);
        SiteRunner.Act(zUse, z, _batch, _batch.Rows);
        _batch.Scratch.Release(mark);

        if (_plan.Use(SitePoint.Result, layer) is { Captured: true, Acts: false } result)
        {
            HeadResults(w.AttentionOutput, z, result.Slot);
        }

        return z.Reshape(_batch.Count, a.QueryWidth);
    }

    /// <summary>
    /// Lets edits and taps act on every head's own contribution and adds what they changed to the attention's output, so
    /// that an edit without effect leaves every bit as it was.
    /// </summary>
    public void AddResultChanges(int layer, LinearWeights projection, Tensor z, Tensor output)
    {
        SiteUse use = _plan.Use(SitePoint.Result, layer)!;
        var shape = new Shape(_batch.Count, _spec.Attention.Heads, _spec.Width);
        var mark = _batch.Scratch.Mark();
        Tensor before = _batch.Scratch.Allocate(shape);
        Tensor after = use.Captured ? use.Slot : _batch.Scratch.Allocate(shape);
        Tensor heads = z.Reshape(_batch.Count, _spec.Attention.Heads, _spec.Attention.HeadSize);
        HeadResults(projection, heads, before);
        HeadResults(projection, heads, after);
        SiteRunner.Act(use, after, _batch, _batch.Rows);
        _batch.Ops.Subtract(after, before, before);
        for (int h = 0; h < _spec.Attention.Heads; h++)
        {
            _batch.Ops.Add(output, before.Columns(h * _spec.Width, _spec.Width), output);
        }

        _batch.Scratch.Release(mark);
    }

    private void HeadResults(LinearWeights projection, Tensor z, Tensor results)
    {
        int size = _spec.Attention.HeadSize;
        for (int h = 0; h < _spec.Attention.Heads; h++)
        {
            _batch.Ops.MatMul(z.Columns(h * size, size), projection.Matrix, results.Columns(h * _spec.Width, _spec.Width), new MatMulOptions { InputOffset = h * size });
        }
    }

    // Norm and rotation work in place unless the value before them was asked for.
    private Tensor Rotate(Tensor x, int heads, NormWeights? norm, SiteUse? use, bool keep)
    {
        AttentionSpec a = _spec.Attention;
        Tensor source = x.Reshape(_batch.Count, heads, a.HeadSize);
        Tensor target = use is { Captured: true } ? use.Slot
            : keep && (norm is not null || a.Rope is not null) ? _batch.Scratch.Allocate(source.Shape)
            : source;
        if (norm is not null)
        {
            bool whole = a.QueryKeyNorm == QueryKeyNorm.WholeProjection;
            Tensor from = whole ? x : source;
            Tensor to = whole ? target.Reshape(_batch.Count, x.Width) : target;
            NormRunner.Fused(_batch.Ops, _spec.Norm, norm, from, to);
            source = target;
        }

        if (a.Rope is not null)
        {
            _batch.Ops.Rope(source, _batch.Cos, _batch.Sin, target);
        }

        SiteRunner.Act(use, target, _batch, _batch.Rows);
        return target;
    }

    private void Mix(int layer, Tensor q, KeyValueStore store, Tensor z)
    {
        AttentionSpec a = _spec.Attention;
        var options = new AttentionOptions(a.LayerScale(layer), a.Softcap, a.Window(layer));
        SiteUse? scoresUse = _plan.Use(SitePoint.AttentionScores, layer);
        SiteUse? patternUse = _plan.Use(SitePoint.Pattern, layer);
        Tensor scores = scoresUse is { Captured: true } ? scoresUse.Slot : default;
        Tensor pattern = patternUse is { Captured: true } ? patternUse.Slot : default;
        if (scoresUse is not { Acts: true } && patternUse is not { Acts: true })
        {
            _batch.Ops.Attention(q, store, _batch.Rows, options, z, new AttentionTaps(scores, pattern));
            return;
        }

        Shape map = Slab.MapShape(_batch.Rows, a.Heads);
        scores = scores.IsAbsent ? _batch.Scratch.Allocate(map) : scores;
        pattern = !pattern.IsAbsent ? pattern : scoresUse is { Captured: true } ? _batch.Scratch.Allocate(map) : scores;
        _batch.Ops.AttentionScores(q, store, _batch.Rows, options, scores);
        SiteRunner.Act(scoresUse, scores, _batch, _batch.Rows);
        _batch.Ops.AttentionPattern(scores, a.Heads, _batch.Rows, options.Window, pattern);
        SiteRunner.Act(patternUse, pattern, _batch, _batch.Rows);
        _batch.Ops.AttentionMix(pattern, store, _batch.Rows, options.Window, z);
    }
}
