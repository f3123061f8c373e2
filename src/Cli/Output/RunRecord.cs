using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Weir.Cli.Options;
using Weir.Engine;
using Weir.Engine.Families;

namespace Weir.Cli.Output;

/// <summary>A result file: what ran, on what, with which options in effect, and then the verb's own results.</summary>
internal static class RunRecord
{
    /// <summary>Writes a record to a file, or to the standard output for -.</summary>
    public static void Save(string path, Session session, Action<Utf8JsonWriter> head, Action<Utf8JsonWriter> results)
    {
        if (path != "-")
        {
            OutputFile.Write(path, stream => Write(stream, session, head, results));
            return;
        }

        using var buffer = new MemoryStream();
        Write(buffer, session, head, results);
        session.Terminal.Output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    /// <summary>A record as text that can stand in a script element.</summary>
    public static string ToText(Session session, Action<Utf8JsonWriter> head, Action<Utf8JsonWriter> results)
    {
        using var buffer = new MemoryStream();
        Write(buffer, session, head, results, indented: false);
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>What a record says of a loaded model.</summary>
    public static Action<Utf8JsonWriter> Of(Model model) => json =>
    {
        json.WriteString("device", model.Device.Name);
        WriteModel(json, model.Location, model.Hash, model.Spec);
    };

    /// <summary>What a record says of a model.</summary>
    public static void WriteModel(Utf8JsonWriter json, string directory, string hash, ModelSpec spec)
    {
        json.WriteStartObject("model");
        json.WriteString("directory", Path.GetFullPath(directory));
        json.WriteString("hash", hash);
        json.WriteString("family", spec.Family);
        json.WriteNumber("layers", spec.Layers);
        json.WriteNumber("width", spec.Width);
        json.WriteNumber("vocabulary", spec.VocabularySize);
        json.WriteEndObject();
    }

    /// <summary>Writes an array on one line, as people like arrays of numbers.</summary>
    public static void WriteArray(Utf8JsonWriter json, string name, Action<Utf8JsonWriter> write)
    {
        json.WritePropertyName(name);
        using var buffer = new MemoryStream();
        using (var line = new Utf8JsonWriter(buffer))
        {
            line.WriteStartArray();
            write(line);
            line.WriteEndArray();
        }

        json.WriteRawValue(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), skipInputValidation: true);
    }

    /// <summary>Writes token ids.</summary>
    public static void WriteIds(Utf8JsonWriter json, string name, IEnumerable<int> ids) => WriteArray(json, name, line =>
    {
        foreach (int id in ids)
        {
            line.WriteNumberValue(id);
        }
    });

    private static void Write(Stream stream, Session session, Action<Utf8JsonWriter> head, Action<Utf8JsonWriter> results, bool indented = true)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions
        {
            Indented = indented,
            Encoder = indented ? JavaScriptEncoder.UnsafeRelaxedJsonEscaping : JavaScriptEncoder.Default,
        });
        json.WriteStartObject();
        json.WriteStartObject("weir");
        json.WriteString("version", About.Version);
        json.WriteString("commit", About.Commit);
        json.WriteEndObject();
        json.WriteString("dotnet", RuntimeInformation.FrameworkDescription);
        json.WriteString("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        json.WriteString("verb", session.Verb.FullName);
        json.WriteStartArray("command_line");
        foreach (string argument in session.CommandLine)
        {
            json.WriteStringValue(argument);
        }

        json.WriteEndArray();
        head(json);
        WriteOptions(json, session);
        json.WriteString("started", session.Started.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteNumber("elapsed_seconds", Math.Round(session.Elapsed.TotalSeconds, 4));
        results(json);
        json.WriteEndObject();
    }

    private static void WriteOptions(Utf8JsonWriter json, Session session)
    {
        json.WriteStartObject("options");
        foreach (Option option in session.Verb.Options.Concat(session.GlobalOptions))
        {
            if (option is not ISetting setting)
            {
                continue;
            }

            json.WritePropertyName(option.Name.TrimStart('-'));
            if (!session.InEffect.TryGetValue(option.Name, out string? value))
            {
                setting.Echo(json, session.Arguments);
            }
            else if (option is IntegerSetting or ChoiceSetting && long.TryParse(value, CultureInfo.InvariantCulture, out long number))
            {
                json.WriteNumberValue(number);
            }
            else if (option is FlagSetting && value is not null)
            {
                json.WriteBooleanValue(value == "true");
            }
            else
            {
                json.WriteStringValue(value);
            }
        }

        json.WriteEndObject();
    }
}
