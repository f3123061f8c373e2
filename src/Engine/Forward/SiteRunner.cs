using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Engine.Forward;

/// <summary>Lets edits and taps act on a value that has just been made.</summary>
internal static class SiteRunner
{
    /// <summary>Runs a site's edits, then its taps.</summary>
    /// <param name="use">What the plan wants of the site, or null.</param>
    /// <param name="value">The value.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="rows">What the value's rows are.</param>
    /// <param name="blockInput">The block's input, at resid_post.</param>
    public static void Act(SiteUse? use, Tensor value, Batch batch, PackedRows rows, Tensor blockInput = default)
    {
        if (use is null)
        {
            return;
        }

        if (use.Placed.Count != use.Edits.Count)
        {
            throw new InvalidOperationException($"The edits of {use.Site} have not been bound to a batch.");
        }

        foreach (PlacedEdit edit in use.Placed)
        {
            edit.Apply(value, blockInput);
        }

        foreach (TapHandler tap in use.Taps)
        {
            tap(new TapContext(batch.Device, use.Site, value, rows));
        }
    }
}
