using Weir.Engine.Families;
using Weir.Engine.Hooks;
using Weir.Engine.Weights;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>
/// One block on one batch of rows: the only place where attention, MLP and residual meet. Prefill, decode and sweeps all
/// come through here. A site's value is made in its slot where it is captured, else in scratch; see the hook plan.
/// </summary>
internal sealed class BlockRunner
{
    private readonly ModelSpec _spec;
    private readonly ModelWeights _weights;
    private readonly HookPlan _plan;
    private readonly Batch _batch;
    private readonly AttentionRunner _attention;

    // Shared by all blocks of a pass.
    private readonly Tensor _normed;
    private readonly Tensor _contribution;
    private readonly Tensor _inner;
    private readonly Tensor _post;

    public BlockRunner(Model model, HookPlan plan, Batch batch)
    {
        _spec = model.Spec;
        _weights = model.Weights;
        _plan = plan;
        _batch = batch;
        Arena scratch = batch.Scratch;
        int n = batch.Count;
        _normed = scratch.Allocate(new Shape(n, _spec.Width));
        _contribution = scratch.Allocate(new Shape(n, _spec.Width));
        _inner = _spec.Mlp.Gated || NeedsPre() ? scratch.Allocate(new Shape(n, InnerWidth)) : default;
        _post = scratch.Allocate(new Shape(n, _spec.Mlp.Width));
        _attention = new AttentionRunner(model, plan, batch);
    }

    private int InnerWidth => _spec.Mlp.Width * (_spec.Mlp.Gated ? 2 : 1);

    /// <summary>Runs a block.</summary>
    /// <param name="layer">Which.</param>
    /// <param name="store">Keys and values before this batch; the batch's own are added.</param>
    /// <param name="x">[n, d], the residual that comes in; kept.</param>
    /// <param name="mid">[n, d], written: the residual between attention and MLP.</param>
    /// <param name="y">[n, d], written: the residual that goes out; may be mid, must not be x.</param>
    public void Run(int layer, KeyValueStore store, Tensor x, Tensor mid, Tensor y)
    {
        BlockWeights w = _weights.Blocks[layer];
        bool afterResidual = _spec.Placement == NormPlacement.AfterResidual;

        Tensor input = Front(w.AttentionNorm, x, SitePoint.Ln1Scale, SitePoint.Ln1Normalized, layer);
        Tensor z = _attention.Run(layer, w, store, input);
        AddContribution(w.AttentionOutput, z, w.AttentionPostNorm, layer, AttentionSites, x, mid);
        if (afterResidual)
        {
            Norm(w.AttentionNorm!, mid, mid, SitePoint.Ln1Scale, SitePoint.Ln1Normalized, layer);
        }

        if (!_spec.ParallelResidual)
        {
            SiteRunner.Act(_plan.Use(SitePoint.ResidualMid, layer), mid, _batch, _batch.Rows);
        }

        input = Front(w.MlpNorm, _spec.ParallelResidual ? x : mid, SitePoint.Ln2Scale, SitePoint.Ln2Normalized, layer);
        Tensor post = MlpActivation(w, input, layer);
        AddContribution(w.MlpOutput, post, w.MlpPostNorm, layer, MlpSites, mid, y);
        if (afterResidual)
        {
            Norm(w.MlpNorm!, y, y, SitePoint.Ln2Scale, SitePoint.Ln2Normalized, layer);
        }

        SiteRunner.Act(_plan.Use(SitePoint.ResidualPost, layer), y, _batch, _batch.Rows, x);
    }

    private static (SitePoint Raw, SitePoint Scale, SitePoint Normalized, SitePoint Out) AttentionSites =>
        (SitePoint.AttentionRaw, SitePoint.Ln1PostScale, SitePoint.Ln1PostNormalized, SitePoint.AttentionOut);

    private static (SitePoint Raw, SitePoint Scale, SitePoint Normalized, SitePoint Out) MlpSites =>
        (SitePoint.MlpRaw, SitePoint.Ln2PostScale, SitePoint.Ln2PostNormalized, SitePoint.MlpOut);

    // The norm in front of a sublayer, where the model has one there.
    private Tensor Front(NormWeights? norm, Tensor x, SitePoint scale, SitePoint normalized, int layer)
    {
        if (NormRunner.InFront(_spec, norm) is not { } inFront)
        {
            return x;
        }

        Norm(inFront, x, _normed, scale, normalized, layer);
        return _normed;
    }

    private void Norm(NormWeights norm, Tensor x, Tensor y, SitePoint scale, SitePoint normalized, int layer, Tensor residual = default, Tensor sum = default) =>
        NormRunner.Run(_spec.Norm, norm, x, y, _batch, _batch.Rows, _plan.Use(scale, layer), _plan.Use(normalized, layer), residual, sum);

    private Tensor MlpActivation(BlockWeights w, Tensor input, int layer)
    {
        SiteUse? preUse = _plan.Use(SitePoint.MlpPre, layer);
        SiteUse? linearUse = _plan.Use(SitePoint.MlpPreLinear, layer);
        SiteUse? postUse = _plan.Use(SitePoint.MlpPost, layer);
        Tensor post = postUse is { Captured: true } ? postUse.Slot : _post;
        if (!_spec.Mlp.Gated && preUse is null)
        {
            _batch.Ops.MatMul(input, w.MlpInput.Matrix, post, new MatMulOptions { Bias = w.MlpInput.Bias, Activation = _spec.Mlp.Activation });
        }
        else
        {
            Tensor inner = FusedSlot(_inner, preUse, linearUse);
            _batch.Ops.MatMul(input, w.MlpInput.Matrix, inner, new MatMulOptions { Bias = w.MlpInput.Bias });
            Tensor pre = inner.Columns(0, _spec.Mlp.Width);
            SiteRunner.Act(preUse, pre, _batch, _batch.Rows);
            Tensor linear = default;
            if (_spec.Mlp.Gated)
            {
                linear = inner.Columns(_spec.Mlp.Width, _spec.Mlp.Width);
                SiteRunner.Act(linearUse, linear, _batch, _batch.Rows);
            }

            _batch.Ops.Activate(_spec.Mlp.Activation, pre, linear, post);
        }

        SiteRunner.Act(postUse, post, _batch, _batch.Rows);
        return post;
    }

    /// <summary>
    /// target = x + what the sublayer adds: in the product itself where nobody looks at the contribution, in the norm behind
    /// it where nobody changes it.
    /// </summary>
    private void AddContribution(
        LinearWeights w, Tensor input, NormWeights? postNorm, int layer,
        (SitePoint Raw, SitePoint Scale, SitePoint Normalized, SitePoint Out) sites, Tensor x, Tensor target)
    {
        IOps ops = _batch.Ops;
        SiteUse? outUse = _plan.Use(sites.Out, layer);
        bool results = sites.Out == SitePoint.AttentionOut && _plan.Use(SitePoint.Result, layer) is { Acts: true };
        if (outUse is null && postNorm is null && !results)
        {
            ops.MatMul(input, w.Matrix, target, new MatMulOptions { Bias = w.Bias, Residual = x });
            return;
        }

        Tensor contribution = outUse is { Captured: true } ? outUse.Slot : _contribution;
        SiteUse? rawUse = _plan.Use(sites.Raw, layer);
        Tensor raw = rawUse is { Captured: true } ? rawUse.Slot : contribution;
        ops.MatMul(input, w.Matrix, raw, new MatMulOptions { Bias = w.Bias });
        if (results)
        {
            _attention.AddResultChanges(layer, w, input, raw);
        }

        if (postNorm is not null)
        {
            SiteRunner.Act(rawUse, raw, _batch, _batch.Rows);
            if (outUse is not { Acts: true })
            {
                Norm(postNorm, raw, contribution, sites.Scale, sites.Normalized, layer, x, target);
                return;
            }

            Norm(postNorm, raw, contribution, sites.Scale, sites.Normalized, layer);
        }

        SiteRunner.Act(outUse, contribution, _batch, _batch.Rows);
        ops.Add(x, contribution, target);
    }

    // Fused projections stay fused when a part is captured: the slot holds the whole, the site is a view of it.
    private static Tensor FusedSlot(Tensor scratch, SiteUse? first, SiteUse? second) =>
        first is { Captured: true } ? first.FusedSlot : second is { Captured: true } ? second.FusedSlot : scratch;

    private bool NeedsPre() => Enumerable.Range(0, _spec.Layers).Any(l => _plan.Wants(SitePoint.MlpPre, l));
}
