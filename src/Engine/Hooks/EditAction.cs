namespace Weir.Engine.Hooks;

/// <summary>What an <see cref="Edit"/> does.</summary>
public enum EditAction
{
    /// <summary>x + c v.</summary>
    Add,

    /// <summary>c x.</summary>
    Scale,

    /// <summary>0.</summary>
    Zero,

    /// <summary>v.</summary>
    Replace,

    /// <summary>x - c (x . v / v . v) v.</summary>
    ProjectOut,

    /// <summary>Each element into low .. high.</summary>
    Clamp,

    /// <summary>
    /// Leaves a component out: at attn_out or mlp_out it adds nothing, at resid_post the block passes its input on. Later
    /// positions still attend to the skipped positions' keys and values.
    /// </summary>
    Skip,
}
