namespace Weir.Engine.Forward;

/// <summary>Which rows a forward pass computes logits for.</summary>
public enum LogitRows
{
    /// <summary>Every row.</summary>
    All,

    /// <summary>The last row of each sequence.</summary>
    Last,

    /// <summary>None; blocks after the last captured or tapped site do not run either.</summary>
    None,
}
