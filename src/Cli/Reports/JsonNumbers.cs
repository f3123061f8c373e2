using System.Text.Json;

namespace Weir.Cli.Reports;

/// <summary>Numbers of a report in JSON: null for what JSON has no number for, nine digits, which bring every f32 back.</summary>
internal static class JsonNumbers
{
    /// <summary>Writes a number.</summary>
    public static void Write(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteRawValue(value.ToString("G9", System.Globalization.CultureInfo.InvariantCulture), skipInputValidation: true);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    /// <summary>Writes numbers as a property.</summary>
    public static void Write(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
        {
            Write(json, value);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes texts as a property.</summary>
    public static void Write(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
