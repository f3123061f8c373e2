namespace Weir.Engine.Sweeps;

/// <summary>Values that a sweep's metrics compare.</summary>
public enum SweepPoint
{
    /// <summary>What the block's attention added to the residual.</summary>
    AttentionOut,

    /// <summary>What the block's MLP added to the residual.</summary>
    MlpOut,

    /// <summary>What the block added to the residual: the sum of the two, formed from them and not as a difference of residuals.</summary>
    Contribution,

    /// <summary>The residual behind the block.</summary>
    ResidualPost,
}
