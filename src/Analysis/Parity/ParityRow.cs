namespace Weir.Analysis.Parity;

/// <summary>How one tensor of a reference compares with Weir's.</summary>
/// <param name="Reference">Name in reference.safetensors.</param>
/// <param name="Site">Weir's site, or what was run.</param>
/// <param name="Count">Values compared.</param>
/// <param name="Largest">Largest absolute reference value.</param>
/// <param name="Difference">Largest absolute difference; for greedy tokens, the number that differ.</param>
/// <param name="Tolerance">Most that passes.</param>
public sealed record ParityRow(string Reference, string Site, int Count, double Largest, double Difference, double Tolerance)
{
    /// <summary>Largest absolute difference as a share of the largest reference value.</summary>
    public double Relative => Largest == 0 ? Difference : Difference / Largest;

    /// <summary>True where the difference is within the tolerance; NaN is not.</summary>
    public bool Passed => Difference <= Tolerance;
}
