namespace Weir.Engine.Lens;

/// <summary>What stands between a residual and the unembedding when it is read out early.</summary>
public enum LensNorm
{
    /// <summary>The final norm, with the state's own scale: what the model would do if it ended here.</summary>
    Recomputed,

    /// <summary>The final norm with the scale of the last block's output at the same position.</summary>
    CachedScale,

    /// <summary>Nothing.</summary>
    None,
}
