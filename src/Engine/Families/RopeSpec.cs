namespace Weir.Engine.Families;

/// <summary>
/// A rotary position embedding in rotate-half layout: dimension i turns with i + Dimensions/2. The scaling rule is
/// already applied to the frequencies, so that the forward pass needs nothing else.
/// </summary>
public sealed record RopeSpec
{
    /// <summary>Rotated dimensions at the start of each head; even.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Angle per position in radians of each of the Dimensions/2 pairs.</summary>
    public required IReadOnlyList<float> Frequencies { get; init; }

    /// <summary>Factor on cos and sin (YaRN's attention factor).</summary>
    public float Magnitude { get; init; } = 1;

    /// <summary>The rule that made the frequencies (default, linear, llama3, yarn), for reports.</summary>
    public string Rule { get; init; } = "default";

    /// <summary>The base of the frequencies, for reports.</summary>
    public double Theta { get; init; }
}
