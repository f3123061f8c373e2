namespace Weir.Analysis.Benchmarks;

/// <summary>Work that is ready to be timed.</summary>
/// <param name="Run">Does it once.</param>
/// <param name="Baseline">Work of ours that it is also compared with in the same process, or null.</param>
/// <param name="Owner">Freed afterwards.</param>
public sealed record PreparedWork(Action Run, Action? Baseline, IDisposable Owner) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Owner.Dispose();
}
