namespace Weir.Cli.Rendering;

/// <summary>ANSI codes; every method gives the plain text where there are no colours.</summary>
internal static class Ansi
{
    private static readonly int[] Cube = [0, 95, 135, 175, 215, 255];

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

        (int r, int g, int b) = ColorMap.At(value);
        bool light = (0.299 * r) + (0.587 * g) + (0.114 * b) > 120;
        return depth == ColorDepth.True
            ? $"\e[38;2;{(light ? "0;0;0" : "255;255;255")};48;2;{r};{g};{b}m{text}\e[0m"
            : $"\e[38;5;{(light ? 16 : 231)};48;5;{16 + (36 * Nearest(r)) + (6 * Nearest(g)) + Nearest(b)}m{text}\e[0m";
    }

    private static int Nearest(int value)
    {
        int best = 0;
        for (int i = 1; i < Cube.Length; i++)
        {
            best = Math.Abs(Cube[i] - value) < Math.Abs(Cube[best] - value) ? i : best;
        }

        return best;
    }
}
