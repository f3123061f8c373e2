namespace Weir.Engine.Generation;

/// <summary>
/// Uniform draws that depend on a seed and a step alone (SplitMix64; Steele, Lea and Flood 2014), so that a row's text
/// is the same in any batch.
/// </summary>
internal static class RowRandom
{
    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public static double Uniform(long seed, int step)
    {
        ulong z = unchecked((ulong)Mix((ulong)seed) + (0x9E3779B97F4A7C15UL * ((ulong)step + 1)));
        return (Mix(z) >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong z)
    {
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBUL);
        return z ^ (z >> 31);
    }
}
