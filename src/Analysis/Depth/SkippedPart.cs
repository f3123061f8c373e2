namespace Weir.Analysis.Depth;

/// <summary>What is left out of a layer.</summary>
public enum SkippedPart
{
    /// <summary>All of it: the layer passes its input on.</summary>
    Layer,

    /// <summary>Its attention; its MLP then sees the layer's input alone.</summary>
    Attention,

    /// <summary>Its MLP.</summary>
    Mlp,
}
