using Weir.Engine;
using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Depth;

/// <summary>States of text in host memory, layer by layer.</summary>
internal static class LayerStates
{
    // Tokens of one pass.
    private const int TileTokens = 512;

    /// <summary>Residuals h_0 .. h_L, or contributions c_0 .. c_L-1.</summary>
    public static int Count(Model model, bool contributions) => model.Spec.Layers + (contributions ? 0 : 1);

    /// <summary>Windows that run together, by their numbers.</summary>
    public static IReadOnlyList<int[]> Tiles(IReadOnlyList<IReadOnlyList<int>> windows)
    {
        var tiles = new List<int[]>();
        for (int first = 0; first < windows.Count;)
        {
            int count = 1;
            for (int held = windows[first].Count; first + count < windows.Count && held + windows[first + count].Count <= TileTokens; count++)
            {
                held += windows[first + count].Count;
            }

            tiles.Add([.. Enumerable.Range(first, count)]);
            first += count;
        }

        return tiles;
    }

    /// <summary>Tokens of a window without its first positions.</summary>
    public static int Kept(IReadOnlyList<int> window, LinearMapOptions o) => Math.Max(0, window.Count - o.FirstPosition);

    /// <summary>Reads some states of windows, without each one's first positions.</summary>
    /// <returns>[count][tokens * d], from state number first on.</returns>
    public static float[][] Read(Model model, IReadOnlyList<IReadOnlyList<int>> windows, LinearMapOptions o, int first, int count)
    {
        HookSet hooks = o.Contributions
            ? new HookSet().Capture(Site.AttentionOut.AllLayers, Site.MlpOut.AllLayers)
            : new HookSet().Capture(Site.ResidualPre[0], Site.ResidualPost.AllLayers);
        using ForwardResult run = model.Forward(windows, hooks, new ForwardOptions { Logits = LogitRows.None });
        return [.. Enumerable.Range(first, count).Select(l =>
        {
            if (!o.Contributions)
            {
                return Kept(run.Rows, model.Device.Read<float>(run[l == 0 ? Site.ResidualPre[0] : Site.ResidualPost[l - 1]]), model.Spec.Width, o.FirstPosition);
            }

            Tensor attention = run[Site.AttentionOut[l]];
            model.Device.Ops.Add(attention, run[Site.MlpOut[l]], attention);
            return Kept(run.Rows, model.Device.Read<float>(attention), model.Spec.Width, o.FirstPosition);
        })];
    }

    private static float[] Kept(PackedRows rows, float[] values, int width, int first)
    {
        var kept = new List<float>(values.Length);
        for (int s = 0; s < rows.Sequences; s++)
        {
            int from = Math.Min(rows.Offsets[s] + first, rows.Offsets[s + 1]);
            kept.AddRange(values.AsSpan(from * width, (rows.Offsets[s + 1] - from) * width));
        }

        return [.. kept];
    }
}
