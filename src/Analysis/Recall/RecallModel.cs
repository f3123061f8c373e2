using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>Which models the residual of can be taken apart into what each component wrote.</summary>
internal static class RecallModel
{
    /// <summary>Refuses a model whose residual is no sum of its components.</summary>
    /// <exception cref="WeirException">It is such a model.</exception>
    public static void Require(ModelSpec spec)
    {
        if (spec.Placement == NormPlacement.AfterResidual)
        {
            throw new WeirException($"UnsupportedModel: this {spec.Family} model norms the residual itself behind every sublayer, so its logits are no sum of what heads and MLPs write; take a model whose norms stand in front of or behind sublayers.");
        }

        if (spec.Embedding.Width != spec.Width)
        {
            throw new WeirException($"UnsupportedModel: this {spec.Family} model has projections between its embeddings and its residual; take one whose embeddings are as wide as the residual.");
        }
    }
}
