using Weir.Kernels;

namespace Weir.Analysis.Benchmarks;

/// <summary>Work that is ready to be timed.</summary>
/// <param name="Run">Does it once.</param>
/// <param name="Owner">Freed afterwards.</param>
public sealed record PreparedWork(Action Run, IDisposable Owner) : IDisposable
{
    /// <summary>Work of ours that it is also compared with in the same process, or null.</summary>
    public Action? Baseline { get; init; }

    /// <summary>Fewest bytes that it must move through the device's memory, or 0 where nobody has counted.</summary>
    public double Bytes { get; init; }

    /// <summary>Floating-point operations that it must do, a multiply-add as two, or 0 where nobody has counted.</summary>
    public double Flops { get; init; }

    /// <summary>True for a single op, which is timed with the device's caches emptied before each call.</summary>
    public bool IsOp { get; init; }

    /// <summary>Some of what the last run made: a number in it that is not finite fails the case. Or null.</summary>
    public Func<float[]>? Sample { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Owner.Dispose();
}
