namespace Weir.Cli.Rendering;

/// <summary>ANSI codes; every method gives the plain text where there are no colours.</summary>
internal static class Ansi
{
    // The map in xterm's 256 colours, chosen by hand: each step is lighter than the one before, which the nearest colours
    // are not.
    private static readonly (int Color, bool Light)[] Palette =
        [(53, false), (54, false), (55, false), (24, false), (30, false), (36, false), (41, true), (77, true), (148, true), (220, true)];

    /// <summary>Bold.</summary>
    public static string Bold(ColorDepth depth, string text) => depth == ColorDepth.None ? text : $"\e[1m{text}\e[0m";

    /// <summary>Dim.</summary>
    public static string Dim(ColorDepth depth, string text) => depth == ColorDepth.None ? text : $"\e[2m{text}\e[0m";

    /// <summary>Text on the map's colour for a value from 0 to 1, black or white as it reads better.</summary>
    public static string OnMap(ColorDepth depth, double value, string text)
    {
        if (depth == ColorDepth.None)
        {
            return text;
        }

        if (depth == ColorDepth.Palette)
        {
            (int color, bool bright) = Palette[(int)Math.Round(Math.Clamp(double.IsNaN(value) ? 0 : value, 0, 1) * (Palette.Length - 1))];
            return $"\e[38;5;{(bright ? 16 : 231)};48;5;{color}m{text}\e[0m";
        }

        (int r, int g, int b) = ColorMap.At(value);
        bool light = (0.299 * r) + (0.587 * g) + (0.114 * b) > 120;
        return $"\e[38;2;{(light ? "0;0;0" : "255;255;255")};48;2;{r};{g};{b}m{text}\e[0m";
    }
}
