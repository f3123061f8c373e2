using Weir.Kernels;

namespace Weir.Engine.Hooks;

/// <summary>What a plan wants of one site. A site without one costs nothing.</summary>
internal sealed class SiteUse(Site site)
{
    public Site Site { get; } = site;

    public bool Captured { get; set; }

    /// <summary>Where the captured value goes in this run.</summary>
    public Tensor Slot { get; set; }

    /// <summary>The whole fused projection (q, k and v; gate and up) that <see cref="Slot"/> is a part of.</summary>
    public Tensor FusedSlot { get; set; }

    public List<BoundEdit> Edits { get; } = [];

    /// <summary>The edits on the rows of the batch in hand.</summary>
    public List<PlacedEdit> Placed { get; } = [];

    public List<TapHandler> Taps { get; } = [];

    /// <summary>True where something must act on the value after it is made.</summary>
    public bool Acts => Edits.Count > 0 || Taps.Count > 0;
}
