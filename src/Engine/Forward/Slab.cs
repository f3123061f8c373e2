using Weir.Engine.Families;
using Weir.Engine.Hooks;
using Weir.Kernels;
using Weir.Kernels.Ops;

namespace Weir.Engine.Forward;

/// <summary>
/// One buffer for everything a pass keeps. Each captured site gets its place before the pass starts, so that the op
/// that makes the value writes it there and nothing is copied. The output of a block and the input of the next are one
/// value and share a place unless somebody changes the input.
/// </summary>
internal sealed class Slab
{
    private const long Alignment = 64;

    private readonly ModelSpec _spec;
    private readonly HookPlan _plan;
    private readonly PackedRows _rows;
    private readonly int _logitRows;
    private readonly List<(long Offset, Action<long> Place)> _places = [];
    private readonly List<Action> _shared = [];
    private long _bytes;

    private Slab(ModelSpec spec, HookPlan plan, PackedRows rows, int logitRows)
    {
        _logitRows = logitRows;
        _spec = spec;
        _plan = plan;
        _rows = rows;
    }

    /// <summary>Lays a plan's captures and the logits out and binds them to memory.</summary>
    public static (DeviceBuffer? Buffer, Dictionary<Site, Tensor> Captured, Tensor Logits) Bind(
        Model model, HookPlan plan, PackedRows rows, int logitRows)
    {
        var slab = new Slab(model.Spec, plan, rows, logitRows);
        DeviceBuffer? buffer = null;
        var logits = default(Tensor);
        foreach (Site site in plan.Captures.Where(s => s.Point != SitePoint.Logits))
        {
            SiteUse use = plan.Use(site.Point, site.Layer)!;
            slab.Place(use, () => buffer!);
        }

        if (logitRows > 0)
        {
            var shape = new Shape(logitRows, model.Spec.VocabularySize);
            slab.Cut(shape.Count, offset => logits = new Tensor(buffer!, offset, shape));
        }

        if (slab._bytes > 0)
        {
            buffer = model.Results.Rent(slab._bytes);
            foreach ((long offset, Action<long> place) in slab._places)
            {
                place(offset);
            }

            foreach (Action share in slab._shared)
            {
                share();
            }
        }

        if (plan.Use(SitePoint.Logits) is { Captured: true } logitUse)
        {
            logitUse.Slot = logits;
        }

        return (buffer, plan.Captures.ToDictionary(s => s, s => plan.Use(s.Point, s.Layer)!.Slot), logits);
    }

    /// <summary>The shape of a batch's attention maps.</summary>
    /// <exception cref="WeirException">They have more values than one tensor can hold.</exception>
    public static Shape MapShape(PackedRows rows, int heads) => AttentionMap.Count(rows, heads) is <= int.MaxValue and var count
        ? new Shape((int)count)
        : throw new WeirException($"AttentionMapTooLarge: the attention maps of this batch have {AttentionMap.Count(rows, heads):N0} values a layer, more than {int.MaxValue:N0}; run fewer or shorter sequences.");

    private void Place(SiteUse use, Func<DeviceBuffer> buffer)
    {
        Site site = use.Site;
        if (site.Point == SitePoint.ResidualPre && site.Layer > 0 && !use.Acts && _plan.Use(SitePoint.ResidualPost, site.Layer - 1) is { Captured: true } previous)
        {
            _shared.Add(() => use.Slot = previous.Slot);
            return;
        }

        if (site.Point == SitePoint.ResidualPre && site.Layer == 0 && !use.Acts && _spec.Embedding.PositionRows == 0
            && _spec.Embedding.Width == _spec.Width && _plan.Use(SitePoint.Embed) is { Captured: true } embed)
        {
            _shared.Add(() => use.Slot = embed.Slot);
            return;
        }

        if (Fused(site) is { } fused)
        {
            SiteUse? sharing = fused.Parts.Select(p => _plan.Use(p.Point, site.Layer)).First(u => u is { Captured: true });
            var whole = new Shape(_rows.Rows, fused.Width);
            (int start, int[] dimensions) = fused.Parts.Where(p => p.Point == site.Point).Select(p => (p.Start, p.Dimensions)).First();
            void View() => use.Slot = use.FusedSlot.Columns(start, dimensions.Aggregate(1, (a, b) => a * b)).Reshape([_rows.Rows, .. dimensions]);
            if (ReferenceEquals(sharing, use))
            {
                Cut(whole.Count, offset =>
                {
                    use.FusedSlot = new Tensor(buffer(), offset, whole);
                    View();
                });
            }
            else
            {
                _shared.Add(() =>
                {
                    use.FusedSlot = sharing!.FusedSlot;
                    View();
                });
            }

            return;
        }

        Shape shape = SiteCatalog.Info(site.Point).Dimensions is { } sizes
            ? new Shape([site.Point is SitePoint.LnFinalScale or SitePoint.LnFinalNormalized ? _logitRows : _rows.Rows, .. sizes(_spec)])
            : MapShape(_rows, _spec.Attention.Heads);
        Cut(shape.Count, offset => use.Slot = new Tensor(buffer(), offset, shape));
    }

    private (int Width, (SitePoint Point, int Start, int[] Dimensions)[] Parts)? Fused(Site site)
    {
        AttentionSpec a = _spec.Attention;
        return site.Point switch
        {
            SitePoint.Query or SitePoint.Key or SitePoint.Value => (a.QueryWidth + (2 * a.KeyWidth),
            [
                (SitePoint.Query, 0, [a.Heads, a.HeadSize]),
                (SitePoint.Key, a.QueryWidth, [a.KeyValueHeads, a.HeadSize]),
                (SitePoint.Value, a.QueryWidth + a.KeyWidth, [a.KeyValueHeads, a.HeadSize]),
            ]),
            SitePoint.MlpPre or SitePoint.MlpPreLinear when _spec.Mlp.Gated => (2 * _spec.Mlp.Width,
            [
                (SitePoint.MlpPre, 0, [_spec.Mlp.Width]),
                (SitePoint.MlpPreLinear, _spec.Mlp.Width, [_spec.Mlp.Width]),
            ]),
            SitePoint.MlpPre => (_spec.Mlp.Width, [(SitePoint.MlpPre, 0, [_spec.Mlp.Width])]),
            _ => null,
        };
    }

    private void Cut(long elements, Action<long> place)
    {
        _places.Add((_bytes, place));
        _bytes += ((elements * sizeof(float)) + Alignment - 1) / Alignment * Alignment;
    }
}
