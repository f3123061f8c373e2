using Weir.Engine.Families;
using Weir.Engine.Hooks;
using Weir.Kernels;

namespace Weir.Analysis.Recall;

/// <summary>A head whose query, key or value at END a path ends in; the residual behind the last block without one.</summary>
/// <param name="Site"><see cref="Site.Query"/>, <see cref="Site.Key"/> or <see cref="Site.Value"/> of a layer.</param>
/// <param name="Head">The head; keys and values count their own, which several heads may share.</param>
public sealed record PatchReceiver(Site Site, int Head)
{
    /// <summary>Its name, such as the query of L9H6.</summary>
    public string Name => $"the {Kind} of L{Site.Layer}H{Head}";

    private string Kind => Site.Point switch
    {
        SitePoint.Query => "query",
        SitePoint.Key => "key",
        _ => "value",
    };

    /// <summary>Refuses a head that a model does not have, or that nothing reaches.</summary>
    internal void Require(ModelSpec spec)
    {
        int heads = Site.Point == SitePoint.Query ? spec.Attention.Heads : spec.Attention.KeyValueHeads;
        if ((uint)Site.Layer >= (uint)spec.Layers || (uint)Head >= (uint)heads)
        {
            throw new WeirException($"There is no {Kind} {Site.Layer}.{Head}: the model has layers 0 to {spec.Layers - 1} with {Kind} heads 0 to {heads - 1}.");
        }

        if (Site.Layer == 0)
        {
            throw new WeirException($"No head and no MLP writes in front of {Name}, so no path ends there; take a later layer.");
        }
    }
}
