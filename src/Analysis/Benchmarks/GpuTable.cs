using System.Globalization;
using System.Text;

namespace Weir.Analysis.Benchmarks;

/// <summary>
/// The table of a GPU's cases: what each took, which of the two limits it is bound by and how near it came, and what the
/// peers took. What nobody has run says so.
/// </summary>
public static class GpuTable
{
    private const string NotRun = "not run yet";

    /// <summary>Writes it as Markdown.</summary>
    /// <param name="report">What was measured; null where nothing was.</param>
    /// <param name="cases">Every case there is.</param>
    public static string Write(BenchmarkReport? report, IReadOnlyList<BenchmarkCase> cases)
    {
        IReadOnlyList<BenchmarkRow> rows = report?.Rows ?? [.. cases.Select(c => new BenchmarkRow(c, [], []))];
        var limits = GpuLimits.Of(rows);
        var text = new StringBuilder();
        if (report is null)
        {
            text.Append("No GPU has run these cases yet.\n\n");
        }
        else
        {
            string caution = report.IsGpu ? "" : " These are times of the emulator: they say nothing about a GPU.";
            text.Append(CultureInfo.InvariantCulture, $"Measured {report.Date:yyyy-MM-dd} on {report.Device}; {report.Machine}; Weir {report.Version}.{caution} {limits.Words}\n\n    {report.Command}\n\n");
        }

        text.Append("| work | Weir ms (spread) | rate, share of the limit | MiB | peer: ms (spread), MiB | time, Weir / peer (spread) | goal |\n|---|---|---|---|---|---|---|\n");
        foreach (BenchmarkRow row in rows)
        {
            Append(text, row, limits);
        }

        return text.ToString();
    }

    /// <summary>A row for the terminal while the run goes on.</summary>
    public static string Line(BenchmarkRow row, GpuLimits limits)
    {
        string own = row.OverBaseline is { } over ? string.Create(CultureInfo.InvariantCulture, $", {over:F3} of {row.Case.Baseline}") : "";
        string rate = limits.Rate(row.Ours);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{row.Case.Name,-20} {Times(row.Ours, " ms")}{(rate.Length > 0 ? ", " : "")}{rate}{own}");
        foreach (PeerRuns peer in row.Theirs)
        {
            string ratio = row.TimeRatio(peer) is var (median, smallest, largest) ? string.Create(CultureInfo.InvariantCulture, $"; Weir / peer {median:F2} ({smallest:F2} to {largest:F2})") : "";
            text.Append(CultureInfo.InvariantCulture, $"\n{"",-20} {peer.Name}: {Times(peer.Turns, " ms")}{ratio}");
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, BenchmarkRow row, GpuLimits limits)
    {
        string own = row.OverBaseline is { } over ? string.Create(CultureInfo.InvariantCulture, $" ({over:F3} of {row.Case.Baseline})") : "";
        text.Append(CultureInfo.InvariantCulture, $"| {row.Case.What}{own} | {Times(row.Ours)} | {limits.Rate(row.Ours)} | {Memory(row.Ours)} |");
        text.Append(CultureInfo.InvariantCulture, $" {Peers(row)} |");
        text.Append(CultureInfo.InvariantCulture, $" {Lines(row, p => row.TimeRatio(p) is var (median, smallest, largest) ? string.Create(CultureInfo.InvariantCulture, $"**{median:F2}** ({smallest:F2} to {largest:F2})") : "")} |");
        text.Append(CultureInfo.InvariantCulture, $" {row.Case.GoalWords} |\n");
    }

    private static string Lines(BenchmarkRow row, Func<PeerRuns, string> line) => string.Join("<br>", row.Theirs.Select(line));

    private static string Peers(BenchmarkRow row) => row.Theirs.Count == 0 && row.Case.Peers.Count > 0
        ? NotRun
        : Lines(row, p => $"{p.Name}: {Times(p.Turns)}{(Memory(p.Turns) is { Length: > 0 } m ? $", {m}" : "")}");

    private static string Times(IReadOnlyList<Measurement> turns, string unit = "")
    {
        if (turns.Count == 0)
        {
            return NotRun;
        }

        if (turns.FirstOrDefault(t => t.Missing is not null) is { } missing)
        {
            return missing.Missing!.Replace("|", "\\|", StringComparison.Ordinal);
        }

        double smallest = turns.Min(t => t.Spread.Smallest);
        double largest = turns.Max(t => t.Spread.Largest);
        return $"{Milliseconds(BenchmarkRow.SecondsOf(turns))} ({Milliseconds(smallest)} to {Milliseconds(largest)}){unit}";
    }

    private static string Milliseconds(double seconds) =>
        (seconds * 1000).ToString(seconds < 0.01 ? "F3" : seconds < 1 ? "F2" : "F0", CultureInfo.InvariantCulture);

    private static string Memory(IReadOnlyList<Measurement> turns) => BenchmarkRow.HasTimes(turns) && turns.Max(t => t.PeakDeviceMemory) is > 0 and var mib
        ? mib.ToString("F0", CultureInfo.InvariantCulture)
        : "";
}
