using System.Text.Json;
using Weir.Kernels.Cuda;

namespace Weir.Cli.Output;

/// <summary>A profile as a Chrome trace: a track for each stream, which Perfetto and chrome://tracing open.</summary>
internal static class TraceFile
{
    private const int Process = 1;
    private const int Stream = 1;

    /// <summary>Writes it.</summary>
    public static void Write(Stream stream, CudaDevice device, IReadOnlyList<ProfiledLaunch> launches)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ns");
        json.WriteStartArray("traceEvents");
        Name(json, "process_name", device.Name + (device.Facts.IsEmulated ? " (times of the emulator)" : ""));
        Name(json, "thread_name", $"stream {device.Stream:x}");
        foreach (ProfiledLaunch l in launches)
        {
            json.WriteStartObject();
            json.WriteString("name", l.Kernel);
            json.WriteString("cat", "kernel");
            json.WriteString("ph", "X");
            json.WriteNumber("pid", Process);
            json.WriteNumber("tid", Stream);
            json.WriteNumber("ts", Math.Round(l.Start * 1e6, 3));
            json.WriteNumber("dur", Math.Round(l.Seconds * 1e6, 3));
            json.WriteStartObject("args");
            json.WriteString("grid", $"{l.Grid.X} x {l.Grid.Y} x {l.Grid.Z}");
            json.WriteNumber("threads", l.Threads);
            json.WriteNumber("dynamic shared bytes", l.SharedBytes);
            json.WriteNumber("bytes", l.Bytes);
            json.WriteNumber("flops", l.Flops);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Name(Utf8JsonWriter json, string what, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", what);
        json.WriteString("ph", "M");
        json.WriteNumber("pid", Process);
        json.WriteNumber("tid", Stream);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
