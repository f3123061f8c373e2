using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Analysis.Depth;

/// <summary>What depth's measures of contributions ask of a model.</summary>
internal static class DepthModel
{
    /// <summary>Refuses a model whose layers do more to the residual than add to it.</summary>
    /// <exception cref="WeirException">It is such a model.</exception>
    public static void RequireContributions(ModelSpec spec)
    {
        if (spec.Placement == NormPlacement.AfterResidual)
        {
            throw new WeirException($"UnsupportedModel: this {spec.Family} model norms the residual itself behind every sublayer, so a layer is more than what its attention and MLP add; measure its erasure alone, or take a model whose norms stand in front of or behind sublayers.");
        }
    }
}
