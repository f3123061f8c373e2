namespace Weir.Engine.Families;

/// <summary>The norm on q and k before the rotation.</summary>
public enum QueryKeyNorm
{
    /// <summary>None.</summary>
    None,

    /// <summary>Over each head, one gain of the head's size (Qwen 3).</summary>
    PerHead,

    /// <summary>Over all heads at once, a gain of the projection's width (OLMo 2).</summary>
    WholeProjection,
}
