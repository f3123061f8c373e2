namespace Weir.Cli;

/// <summary>Stops work that reports its progress, once the run has been cancelled.</summary>
/// <param name="cancellation">Of the run.</param>
internal sealed class StopCheck(CancellationToken cancellation) : IProgress<double>
{
    /// <inheritdoc/>
    public void Report(double value) => cancellation.ThrowIfCancellationRequested();
}
