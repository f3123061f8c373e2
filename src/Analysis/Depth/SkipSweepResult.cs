namespace Weir.Analysis.Depth;

/// <summary>
/// Effects [skipped layer, later layer]: relative change of what attention or MLP adds, |c - c'| / |c|, over the
/// positions; 0 where the later layer is not later.
/// </summary>
public sealed class SkipSweepResult
{
    internal SkipSweepResult(int layers)
    {
        MeanAttention = new double[layers, layers];
        LargestAttention = new double[layers, layers];
        MeanMlp = new double[layers, layers];
        LargestMlp = new double[layers, layers];
    }

    /// <summary>Mean over positions, of attention.</summary>
    public double[,] MeanAttention { get; }

    /// <summary>Maximum over positions, of attention.</summary>
    public double[,] LargestAttention { get; }

    /// <summary>Mean over positions, of the MLP.</summary>
    public double[,] MeanMlp { get; }

    /// <summary>Maximum over positions, of the MLP.</summary>
    public double[,] LargestMlp { get; }
}
