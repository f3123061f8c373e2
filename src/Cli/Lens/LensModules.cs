using Weir.Engine.Forward;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Cli.Lens;

/// <summary>
/// What attention and MLP add, as states of one reading: attention of layers 0 to L - 1, MLP of layers 0 to L - 1, and the last
/// residual, with which they are compared.
/// </summary>
internal static class LensModules
{
    /// <summary>The modules by name and site.</summary>
    public static IReadOnlyList<(string Name, LayeredSite Site)> All { get; } = [("attn_out", Site.AttentionOut), ("mlp_out", Site.MlpOut)];

    /// <summary>Place of a module's state in the reading.</summary>
    public static int State(int module, int layer, int layers) => (module * layers) + layer;

    /// <summary>The states of some rows of a pass.</summary>
    public static Tensor[] States(ForwardResult pass, int layers, int first, int count) =>
    [
        .. All.SelectMany(m => Enumerable.Range(0, layers).Select(l => pass[m.Site[l]].RowRange(first, count))),
        pass[Site.ResidualPost[layers - 1]].RowRange(first, count),
    ];
}
