namespace Weir.Engine.Sweeps;

/// <summary>
/// Something measured on every variant of a sweep against the baseline, while the values are on the device. One's own
/// metric implements this; it may run the device's ops on the stage's tensors.
/// </summary>
public interface ISweepMetric
{
    /// <summary>Its name in results.</summary>
    string Name { get; }

    /// <summary>Measures after a block.</summary>
    /// <param name="stage">The values.</param>
    /// <param name="record">Takes the results.</param>
    void AfterBlock(SweepStage stage, SweepRecorder record);

    /// <summary>Measures at the output, when the last block has run and every variant has begun.</summary>
    /// <param name="stage">The values; only the residual is there for a variant that no block ran.</param>
    /// <param name="record">Takes the results.</param>
    void AtOutput(SweepStage stage, SweepRecorder record);
}
