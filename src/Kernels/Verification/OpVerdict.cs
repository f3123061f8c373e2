namespace Weir.Kernels.Verification;

/// <summary>What a comparison of a device with the CPU has shown.</summary>
/// <param name="Case">Op, shapes and types.</param>
/// <param name="Error">Largest error, as a part of the largest value of its tensor; infinite where one of the two is not finite.</param>
/// <param name="Tolerance">Largest error allowed.</param>
/// <param name="Where">The worst element; empty where all have the same bits.</param>
public sealed record OpVerdict(string Case, double Error, double Tolerance, string Where)
{
    /// <summary>True where the device computes what it must.</summary>
    public bool IsRight => Error <= Tolerance;
}
