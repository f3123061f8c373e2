using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Weir.Analysis.Benchmarks;

/// <summary>Rows with what is needed to judge and to repeat them.</summary>
/// <param name="Machine">Processor, cores, memory and system.</param>
/// <param name="Device">Weir's device.</param>
/// <param name="Version">Weir's version and commit.</param>
/// <param name="Date">When it was measured.</param>
/// <param name="Command">The command line.</param>
/// <param name="Peers">The rivals.</param>
/// <param name="Rows">The cases.</param>
public sealed record BenchmarkReport(
    string Machine, string Device, string Version, DateTimeOffset Date, string Command, IReadOnlyList<Peer> Peers, IReadOnlyList<BenchmarkRow> Rows)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Describes this machine from what its system tells.</summary>
    public static string ThisMachine()
    {
        string processor = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
        const string Info = "/proc/cpuinfo";
        if (File.Exists(Info) && File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) is { } line)
        {
            processor = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }

        double memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0;
        return string.Create(CultureInfo.InvariantCulture, $"{processor}, {Environment.ProcessorCount} cores, {memory:F0} GiB, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}");
    }

    /// <summary>A table for people.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Measured {Date:yyyy-MM-dd} on {Machine}; Weir {Version}; {Device}.\n\n    {Command}\n\n");
        text.Append("| work | Weir s | MiB |");
        foreach (Peer peer in Peers)
        {
            text.Append(CultureInfo.InvariantCulture, $" {peer.Label} s | MiB | time, Weir / {peer.Label} (spread) | memory |");
        }

        text.Append(" goal |\n|---|---|---|").Append(string.Concat(Peers.Select(_ => "---|---|---|---|"))).Append("---|\n");
        foreach (BenchmarkRow row in Rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Case.What}{(row.OverBaseline is { } own ? string.Create(CultureInfo.InvariantCulture, $" ({own:F3} of our plain forward)") : "")} | {row.Seconds:F3} | {row.Memory:F0} |");
            foreach (Peer peer in Peers)
            {
                IReadOnlyList<Measurement> theirs = row.Theirs[peer.Label];
                (double median, double smallest, double largest) = row.TimeRatio(peer.Label);
                text.Append(CultureInfo.InvariantCulture, $" {Measurement.MedianOf([.. theirs.Select(m => m.Median)]):F3} | {Measurement.MedianOf([.. theirs.Select(m => m.PeakMemory)]):F0} | **{median:F2}** ({smallest:F2} to {largest:F2}) | {row.MemoryRatio(peer.Label):F2} |");
            }

            text.Append(CultureInfo.InvariantCulture, $" {Goal(row.Case)} |\n");
        }

        return text.ToString();
    }

    /// <summary>Everything that was measured.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            machine = Machine,
            device = Device,
            version = Version,
            date = Date,
            command = Command,
            peers = Peers.Select(p => new { label = p.Label, command = p.Command }),
            rows = Rows.Select(r => new
            {
                name = r.Case.Name,
                what = r.Case.What,
                time_goal = r.Case.TimeGoal,
                memory_goal = r.Case.MemoryGoal,
                baseline_goal = r.Case.BaselineGoal,
                over_own_baseline = r.OverBaseline,
                weir = r.Ours,
                peers = r.Theirs,
                ratios = Peers.ToDictionary(p => p.Label, p => new { time = r.TimeRatio(p.Label).Median, smallest = r.TimeRatio(p.Label).Smallest, largest = r.TimeRatio(p.Label).Largest, memory = r.MemoryRatio(p.Label) }, StringComparer.Ordinal),
            }),
        },
        Indented);

    /// <summary>The goal of a case in words.</summary>
    public static string Goal(BenchmarkCase work) => string.Create(CultureInfo.InvariantCulture, $"{work.TimeGoal:F2}{(work.BaselineGoal is { } own ? string.Create(CultureInfo.InvariantCulture, $", {own:F2} of our plain forward") : "")}{(work.MemoryGoal is { } memory ? string.Create(CultureInfo.InvariantCulture, $", memory {memory:F1}") : "")}");
}
