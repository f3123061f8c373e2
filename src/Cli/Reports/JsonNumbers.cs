using System.Globalization;
using System.Text.Json;
using Weir.Analysis.Statistics;
using Weir.Cli.Output;

namespace Weir.Cli.Reports;

/// <summary>
/// Numbers in JSON: null for what JSON has no number for. An f32 has the shortest text that brings it back, any other number
/// nine digits.
/// </summary>
internal static class JsonNumbers
{
    /// <summary>Writes a number.</summary>
    public static void Write(Utf8JsonWriter json, double value)
    {
        if (!double.IsFinite(value))
        {
            json.WriteNullValue();
        }
        else if ((float)value == value)
        {
            json.WriteNumberValue((float)value);
        }
        else
        {
            json.WriteRawValue(value.ToString("G9", CultureInfo.InvariantCulture), skipInputValidation: true);
        }
    }

    /// <summary>Writes a number as a property.</summary>
    public static void Write(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        Write(json, value);
    }

    /// <summary>Writes numbers as a property.</summary>
    public static void Write(Utf8JsonWriter json, string name, IEnumerable<double> values) => RunRecord.WriteArray(json, name, line =>
    {
        foreach (double value in values)
        {
            Write(line, value);
        }
    });

    /// <summary>Writes rows of numbers as a property.</summary>
    public static void Write(Utf8JsonWriter json, string name, int rows, int columns, Func<int, int, double> number) =>
        RunRecord.WriteArray(json, name, line => WriteRows(line, rows, columns, number));

    /// <summary>Writes a map as a property.</summary>
    public static void Write(Utf8JsonWriter json, string name, double[,] map) => Write(json, name, map.GetLength(0), map.GetLength(1), (r, c) => map[r, c]);

    /// <summary>Writes maps as a property.</summary>
    public static void Write(Utf8JsonWriter json, string name, IEnumerable<double[,]> maps) => RunRecord.WriteArray(json, name, line =>
    {
        foreach (double[,] map in maps)
        {
            line.WriteStartArray();
            WriteRows(line, map.GetLength(0), map.GetLength(1), (r, c) => map[r, c]);
            line.WriteEndArray();
        }
    });

    /// <summary>Writes an estimate as a property, with the ends of its interval as name_low and name_high.</summary>
    public static void Write(Utf8JsonWriter json, string name, Estimate estimate)
    {
        Write(json, name, estimate.Mean);
        Write(json, $"{name}_low", estimate.Low);
        Write(json, $"{name}_high", estimate.High);
    }

    /// <summary>Writes estimates as properties, likewise.</summary>
    public static void Write(Utf8JsonWriter json, string name, IReadOnlyList<Estimate> estimates)
    {
        Write(json, name, estimates.Select(e => e.Mean));
        Write(json, $"{name}_low", estimates.Select(e => e.Low));
        Write(json, $"{name}_high", estimates.Select(e => e.High));
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

    private static void WriteRows(Utf8JsonWriter json, int rows, int columns, Func<int, int, double> number)
    {
        for (int r = 0; r < rows; r++)
        {
            json.WriteStartArray();
            for (int c = 0; c < columns; c++)
            {
                Write(json, number(r, c));
            }

            json.WriteEndArray();
        }
    }
}
