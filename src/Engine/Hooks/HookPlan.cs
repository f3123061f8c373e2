using Weir.Engine.Families;
using Weir.Engine.Forward;
using Weir.Kernels;

namespace Weir.Engine.Hooks;

/// <summary>
/// A <see cref="HookSet"/> checked against a model and laid out by site, so that the forward pass asks one array and
/// knows where each value must go.
/// </summary>
public sealed class HookPlan
{
    private readonly SiteUse?[] _uses;
    private readonly List<Site> _captures = [];
    private readonly List<PlacedEdit> _placed = [];
    private readonly int _layers;

    /// <summary>Checks and lays out what a caller wants.</summary>
    /// <exception cref="SiteException">The model lacks a site, or an edit cannot act where it is put.</exception>
    public HookPlan(HookSet hooks, ModelSpec spec)
    {
        Spec = spec;
        _layers = spec.Layers;
        _uses = new SiteUse?[SiteCatalog.All.Count * _layers];
        foreach (Site pattern in hooks.Captures)
        {
            foreach (Site site in SiteCatalog.Expand(pattern, spec))
            {
                if (!At(site).Captured)
                {
                    At(site).Captured = true;
                    _captures.Add(site);
                }
            }
        }

        foreach (Edit edit in hooks.Edits)
        {
            foreach (Site site in SiteCatalog.Expand(edit.Site, spec))
            {
                At(site).Edits.Add(new BoundEdit(edit with { Site = site }, spec));
            }
        }

        foreach ((Site pattern, TapHandler handler, bool recordable) in hooks.Taps)
        {
            IsRecordable &= recordable;
            foreach (Site site in SiteCatalog.Expand(pattern, spec))
            {
                At(site).Taps.Add(handler);
            }
        }

        IsRecordable &= _uses.All(u => u is null || SiteCatalog.Info(u.Site.Point).Dimensions is not null);
    }

    internal ModelSpec Spec { get; }

    /// <summary>
    /// True where a step can be run again without this program's code: no tap needs it, and no attention map, whose size
    /// grows with every position, is asked for.
    /// </summary>
    internal bool IsRecordable { get; private set; } = true;

    /// <summary>The sites that are kept, patterns expanded.</summary>
    public IReadOnlyList<Site> Captures => _captures;

    /// <summary>Bytes of device memory that the captures of a batch take.</summary>
    /// <param name="lengths">Rows of each sequence.</param>
    public long CaptureBytes(IReadOnlyList<int> lengths) => Captures.Sum(site => sizeof(float) * (
        SiteCatalog.Info(site.Point) is { Dimensions: not null } info
            ? lengths.Sum(n => (long)n) * info.Width(Spec)
            : lengths.Sum(n => (long)Spec.Attention.Heads * n * n)));

    /// <summary>Blocks that must run for every use of this plan to see its value.</summary>
    internal int LayersNeeded => _uses.Max(u => u is null || !SiteCatalog.Info(u.Site.Point).HasLayer ? 0
        : u.Site.Point == SitePoint.ResidualPre && !u.Acts ? u.Site.Layer
        : u.Site.Layer + 1);

    /// <summary>True where something is asked of the final norm or the logits.</summary>
    internal bool WantsHead => Wants(SitePoint.LnFinalScale) || Wants(SitePoint.LnFinalNormalized) || Wants(SitePoint.Logits);

    /// <summary>Makes room for the edits of a batch; <see cref="PlaceEdits"/> must follow before it runs.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="headRows">Its rows that reach the final norm and the logits.</param>
    internal void Bind(Batch batch, PackedRows headRows)
    {
        _placed.Clear();
        foreach (SiteUse? use in _uses)
        {
            use?.Placed.Clear();
            foreach (BoundEdit edit in use?.Edits ?? [])
            {
                bool head = use!.Site.Point is SitePoint.LnFinalScale or SitePoint.LnFinalNormalized or SitePoint.Logits;
                use.Placed.Add(new PlacedEdit(edit, batch, head ? headRows : batch.Rows));
                _placed.Add(use.Placed[^1]);
            }
        }
    }

    /// <summary>Puts every edit on its rows at the batch's present positions.</summary>
    /// <returns>True where other ops run from now on than ran before.</returns>
    internal bool PlaceEdits()
    {
        bool changed = false;
        foreach (PlacedEdit edit in _placed)
        {
            changed |= edit.Place();
        }

        return changed;
    }

    /// <summary>An edit that acted on nothing is an error, not a pass without an edit.</summary>
    internal void CheckEveryEditActed()
    {
        foreach (SiteUse? use in _uses)
        {
            if (use?.Edits.Find(e => e.RowsActedOn == 0) is { } idle)
            {
                throw idle.Idle;
            }
        }
    }

    internal SiteUse? Use(SitePoint point, int layer = 0) => _uses[((int)point * _layers) + layer];

    internal bool Wants(SitePoint point, int layer = 0) => Use(point, layer) is not null;

    private SiteUse At(Site site) => _uses[((int)site.Point * _layers) + site.Layer] ??= new SiteUse(site);
}
