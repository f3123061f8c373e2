using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Weir.Analysis.Benchmarks;

/// <summary>Rows with what is needed to judge and to repeat them.</summary>
public sealed record BenchmarkReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Processor, cores, memory and system.</summary>
    public required string Machine { get; init; }

    /// <summary>Weir's device.</summary>
    public required string Device { get; init; }

    /// <summary>True where a GPU measured; false for the CPU and for the emulator, whose times say nothing of a GPU.</summary>
    public bool IsGpu { get; init; }

    /// <summary>Weir's version and commit.</summary>
    public required string Version { get; init; }

    /// <summary>When it was measured.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>The command line.</summary>
    public required string Command { get; init; }

    /// <summary>The rivals.</summary>
    public required IReadOnlyList<Peer> Peers { get; init; }

    /// <summary>The cases.</summary>
    public required IReadOnlyList<BenchmarkRow> Rows { get; init; }

    /// <summary>Describes this machine from what its system tells.</summary>
    public static string ThisMachine()
    {
        string processor = RuntimeInformation.ProcessArchitecture.ToString();
        const string Info = "/proc/cpuinfo";
        if (File.Exists(Info) && File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) is { } line)
        {
            processor = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }

        double memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0;
        return string.Create(CultureInfo.InvariantCulture, $"{processor}, {Environment.ProcessorCount} cores, {memory:F0} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
    }

    /// <summary>Everything that was measured.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            machine = Machine,
            device = Device,
            gpu = IsGpu,
            version = Version,
            date = Date,
            command = Command,
            peers = Peers.Select(p => new { label = p.Label, command = p.Command }),
            rows = Rows.Select(r => new
            {
                name = r.Case.Name,
                what = r.Case.What,
                goal = r.Case.GoalWords,
                over_own_baseline = r.OverBaseline,
                weir = r.Ours,
                peers = r.Theirs.Select(p => new
                {
                    label = p.Label,
                    @case = p.Case.Name,
                    what = p.Case.What,
                    turns = p.Turns,
                    time_ratio = r.TimeRatio(p)?.Median,
                    smallest = r.TimeRatio(p)?.Smallest,
                    largest = r.TimeRatio(p)?.Largest,
                    memory_ratio = r.MemoryRatio(p),
                }),
            }),
        },
        Indented);

    /// <summary>Reads a report back.</summary>
    /// <param name="json">What <see cref="ToJson"/> has written.</param>
    /// <param name="cases">The cases there are now; one of them that the report lacks becomes a row that has not been run.</param>
    /// <exception cref="JsonException">It is no report.</exception>
    public static BenchmarkReport Read(string json, IReadOnlyList<BenchmarkCase> cases)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        Dictionary<string, JsonElement> rows = root.GetProperty("rows").EnumerateArray().ToDictionary(r => Text(r, "name"), StringComparer.Ordinal);
        return new BenchmarkReport
        {
            Machine = Text(root, "machine"),
            Device = Text(root, "device"),
            IsGpu = root.TryGetProperty("gpu", out JsonElement gpu) && gpu.GetBoolean(),
            Version = Text(root, "version"),
            Date = root.GetProperty("date").GetDateTimeOffset(),
            Command = Text(root, "command"),
            Peers = [.. root.GetProperty("peers").EnumerateArray().Select(p => new Peer(Text(p, "label"), Text(p, "command")))],
            Rows = [.. cases.Select(c => rows.TryGetValue(c.Name, out JsonElement row) ? Row(c, row) : new BenchmarkRow(c, [], []))],
        };
    }

    private static BenchmarkRow Row(BenchmarkCase work, JsonElement row) => new(
        work,
        row.GetProperty("weir").Deserialize<Measurement[]>()!,
        [.. row.GetProperty("peers").EnumerateArray().Select(p => new PeerRuns(
            Text(p, "label"), new PeerCase(Text(p, "case"), Text(p, "what")), p.GetProperty("turns").Deserialize<Measurement[]>()!))]);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
