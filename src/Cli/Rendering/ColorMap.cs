namespace Weir.Cli.Rendering;

/// <summary>
/// Viridis (Smith and van der Walt, CC0): even steps of lightness, so that it reads the same in grey and to colour-blind
/// eyes.
/// </summary>
internal static class ColorMap
{
    private static readonly int[] Stops =
        [0x440154, 0x482878, 0x3E4989, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6ECE58, 0xB5DE2B, 0xFDE725];

    /// <summary>Its colours in even steps, for pages.</summary>
    public static IReadOnlyList<string> Hex { get; } = [.. Stops.Select(s => $"#{s:x6}")];

    /// <summary>The colour of a value from 0 to 1.</summary>
    public static (int Red, int Green, int Blue) At(double value)
    {
        double place = (double.IsNaN(value) ? 0 : Math.Clamp(value, 0, 1)) * (Stops.Length - 1);
        int low = Math.Min((int)place, Stops.Length - 2);
        double part = place - low;
        int Mix(int shift) => (int)Math.Round((((Stops[low] >> shift) & 255) * (1 - part)) + (((Stops[low + 1] >> shift) & 255) * part));
        return (Mix(16), Mix(8), Mix(0));
    }
}
