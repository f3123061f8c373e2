using System.Globalization;

namespace Weir.Cli.Rendering;

/// <summary>Numbers as people read them, the same in every country.</summary>
internal static class Text
{
    /// <summary>A whole number as it is.</summary>
    public static string Of(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A whole number with commas between thousands.</summary>
    public static string Grouped(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>How many there are of a thing: 1 prompt, 3 prompts.</summary>
    public static string Count(long value, string thing) => $"{Grouped(value)} {thing}{(value == 1 ? "" : "s")}";

    /// <summary>A choice as options, JSON and tables spell it: in lower case.</summary>
    public static string Of(Enum choice) => choice.ToString().ToLowerInvariant();

    /// <summary>A number with so many places behind the point.</summary>
    public static string Fixed(double value, int places) =>
        double.IsFinite(value) ? value.ToString($"F{places}", CultureInfo.InvariantCulture) : "-";

    /// <summary>A probability in percent, at most three characters: 100, 42, 7, &lt;1.</summary>
    public static string Percent(double probability) => probability switch
    {
        >= 0.005 => Of((long)Math.Round(probability * 100, MidpointRounding.AwayFromZero)),
        > 0 => "<1",
        _ => "0",
    };

    /// <summary>A number of bytes in the unit that suits it.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? $"{bytes} bytes" : $"{value.ToString(value < 10 ? "F2" : value < 100 ? "F1" : "F0", CultureInfo.InvariantCulture)} {units[unit]}";
    }

    /// <summary>A duration.</summary>
    public static string Seconds(TimeSpan time) => time.TotalSeconds < 60
        ? $"{time.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture)} s"
        : time.ToString(time.TotalHours < 1 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);
}
