using System.Globalization;
using System.Text;

namespace Weir.Analysis.Benchmarks;

/// <summary>The table of the CPU's cases, each in a process of its own so that peaks of memory can be compared.</summary>
public static class CpuTable
{
    /// <summary>Writes it as Markdown.</summary>
    public static string Write(BenchmarkReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Measured {report.Date:yyyy-MM-dd} on {report.Machine}; Weir {report.Version}; {report.Device}.\n\n    {report.Command}\n\n");
        text.Append("| work | Weir s | MiB |");
        foreach (Peer peer in report.Peers)
        {
            text.Append(CultureInfo.InvariantCulture, $" {peer.Label} s | MiB | time, Weir / {peer.Label} (spread) | memory |");
        }

        text.Append(" goal |\n|---|---|---|").Append(string.Concat(report.Peers.Select(_ => "---|---|---|---|"))).Append("---|\n");
        foreach (BenchmarkRow row in report.Rows)
        {
            Append(text, row);
        }

        return text.ToString();
    }

    /// <summary>A row for the terminal while the run goes on.</summary>
    public static string Line(BenchmarkRow row)
    {
        string own = row.OverBaseline is { } over ? string.Create(CultureInfo.InvariantCulture, $", {over:F3} of {row.Case.Baseline}") : "";
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{row.Case.Name,-12}  {row.Seconds:F3} s  {row.Memory:F0} MiB{own}");
        foreach (PeerRuns peer in row.Theirs)
        {
            text.Append(row.TimeRatio(peer) is var (median, smallest, largest)
                ? string.Create(CultureInfo.InvariantCulture, $"\n{"",-12}  {median:F2} ({smallest:F2} to {largest:F2}) of {peer.Name}'s time, {row.MemoryRatio(peer):F2} of its memory; goal {row.Case.GoalWords}")
                : $"\n{"",-12}  {peer.Name}: {peer.Turns[0].Missing}");
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, BenchmarkRow row)
    {
        string own = row.OverBaseline is { } over ? string.Create(CultureInfo.InvariantCulture, $" ({over:F3} of {row.Case.Baseline})") : "";
        text.Append(CultureInfo.InvariantCulture, $"| {row.Case.What}{own} | {row.Seconds:F3} | {row.Memory:F0} |");
        foreach (PeerRuns peer in row.Theirs)
        {
            text.Append(row.TimeRatio(peer) is var (median, smallest, largest)
                ? string.Create(CultureInfo.InvariantCulture, $" {BenchmarkRow.SecondsOf(peer.Turns):F3} | {Measurement.MedianOf([.. peer.Turns.Select(m => m.PeakMemory)]):F0} | **{median:F2}** ({smallest:F2} to {largest:F2}) | {row.MemoryRatio(peer):F2} |")
                : $" {peer.Turns[0].Missing} | | | |");
        }

        text.Append(CultureInfo.InvariantCulture, $" {row.Case.GoalWords} |\n");
    }
}
