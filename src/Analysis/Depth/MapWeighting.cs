namespace Weir.Analysis.Depth;

/// <summary>How much each token counts in the fit of a linear map.</summary>
public enum MapWeighting
{
    /// <summary>All the same: plain least squares, which a few tokens of enormous norm dominate.</summary>
    Equal,

    /// <summary>By 1 / |x|^2 of the source state, so that what is fitted is near to the relative error that is measured.</summary>
    InverseSquare,
}
