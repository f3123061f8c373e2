namespace Weir.Analysis.Depth;

/// <summary>Constants of the measures.</summary>
public static class DepthMeasures
{
    /// <summary>Tokens of which the lens counts those in common.</summary>
    public const int LensTokens = 5;
}
