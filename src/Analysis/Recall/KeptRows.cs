using Weir.Engine;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>
/// Rows of chosen positions at some sites, kept on the device while passes run. A row of every head's output at every
/// position would be the largest thing in memory by far; of what other positions hold, nothing is kept.
/// </summary>
internal sealed class KeptRows
{
    private readonly Dictionary<Site, Tensor> _kept = [];

    /// <summary>Makes room.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sites">The sites, layer by layer.</param>
    /// <param name="count">Rows of each.</param>
    /// <param name="memory">Holds them.</param>
    public KeptRows(Model model, IEnumerable<Site> sites, int count, Arena memory)
    {
        foreach (Site site in sites)
        {
            _kept[site] = memory.Allocate(new Shape(count, SiteCatalog.Info(site.Point).Width(model.Spec)));
        }
    }

    /// <summary>[rows, width]: what was kept of a site.</summary>
    public Tensor this[Site site] => _kept[site];

    /// <summary>Row of the last position (END) of each prompt among the rows of a pass.</summary>
    public static int[] Ends(IEnumerable<IReadOnlyList<int>> prompts)
    {
        int end = -1;
        return [.. prompts.Select(p => end += p.Count)];
    }

    /// <summary>Keeps rows of the next pass.</summary>
    /// <param name="hooks">The pass' hooks.</param>
    /// <param name="rows">I32 [count]: which of the pass' rows, in memory that lives as long as the pass.</param>
    /// <param name="first">Where the first of them goes.</param>
    public HookSet Tap(HookSet hooks, Tensor rows, int first = 0)
    {
        foreach (Site site in _kept.Keys)
        {
            hooks.Tap(site, tap => tap.Device.Ops.GatherRows(
                tap.Value.Reshape(tap.Value.Rows, tap.Value.Width), rows, _kept[tap.Site].RowRange(first, rows.Rows)));
        }

        return hooks;
    }

    /// <summary>[width]: the mean of a tensor's rows.</summary>
    public static float[] Mean(IDevice device, Tensor rows)
    {
        float[] values = device.Read<float>(rows);
        double[] sums = new double[rows.Width];
        for (int i = 0; i < values.Length; i++)
        {
            sums[i % sums.Length] += values[i];
        }

        return [.. sums.Select(s => (float)(s / rows.Rows))];
    }
}
