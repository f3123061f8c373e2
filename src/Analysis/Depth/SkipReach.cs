namespace Weir.Analysis.Depth;

/// <summary>Where a layer is left out, and where that is measured.</summary>
public enum SkipReach
{
    /// <summary>Left out at every position but the first, measured at every position.</summary>
    AllPositions,

    /// <summary>Left out in front of a split of the prompt, but not at the first position, and measured from the split on.</summary>
    Future,
}
