using System.Globalization;
using System.Text;

namespace Weir.Cli.Reports;

/// <summary>Lines of values as comma-separated text (RFC 4180); nothing for what is no number.</summary>
internal static class Csv
{
    /// <summary>Writes lines.</summary>
    public static void Write(Stream stream, IEnumerable<IReadOnlyList<object?>> lines)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        foreach (IReadOnlyList<object?> line in lines)
        {
            writer.WriteLine(string.Join(',', line.Select(Field)));
        }
    }

    private static string Field(object? value) => value switch
    {
        null => "",
        double d => double.IsFinite(d) ? d.ToString("R", CultureInfo.InvariantCulture) : "",
        float f => float.IsFinite(f) ? f.ToString("R", CultureInfo.InvariantCulture) : "",
        string s => s.AsSpan().IndexOfAny(",\"\r\n") >= 0 || s != s.Trim() ? $"\"{s.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : s,
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
