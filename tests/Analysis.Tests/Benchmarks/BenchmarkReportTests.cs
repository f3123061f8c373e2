using Weir.Analysis.Benchmarks;

namespace Weir.Analysis.Tests.Benchmarks;

/// <summary>What is written of measurements, and that what was not measured is never a number.</summary>
public sealed class BenchmarkReportTests
{
    private static readonly BenchmarkCase Copy = GpuCases.All.Single(c => c.Name == GpuLimits.CopyCase);
    private static readonly BenchmarkCase Norm = GpuCases.All.Single(c => c.Name == "rms-norm");
    private static readonly BenchmarkCase Capture = GpuCases.All.Single(c => c.Name == "llama.capture");

    [Fact]
    public void RatiosAreOfTurnsThatRanTogether()
    {
        static Measurement M(double s, double mib) => new() { Median = s, Times = [s], PeakMemory = mib };
        var peer = new PeerRuns("peer", CpuCases.All[0].Peers[0], [M(2, 40), M(2, 40), M(2, 40)]);
        var row = new BenchmarkRow(CpuCases.All[0], [M(1, 10), M(2, 20), M(4, 30)], [peer]);
        Assert.Equal((1, 0.5, 2), row.TimeRatio(peer));
        Assert.Equal(0.5, row.MemoryRatio(peer));
        Assert.Null(row.OverBaseline);
        BenchmarkReport report = Report(row) with { Peers = [new Peer("peer", "cmd")] };
        Assert.Contains("| **1.00** (0.50 to 2.00) | 0.50 |", CpuTable.Write(report), StringComparison.Ordinal);
        Assert.Equal((1, 0.5, 2), Again(report, CpuCases.All).Rows[0].TimeRatio(peer));
    }

    [Fact]
    public void TheTableOfNothingHasNoNumberInARowThatNobodyRan()
    {
        string[] rows = [.. GpuTable.Write(null, GpuCases.All).Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(1)];
        Assert.Equal(GpuCases.All.Count, rows.Length);
        Assert.All(rows.Zip(GpuCases.All), r => Assert.Equal($"| {r.Second.What} | not run yet |  |  | {(r.Second.Peers.Count > 0 ? "not run yet" : "")} |  | {r.Second.GoalWords} |", r.First));
    }

    [Fact]
    public void RatesAreSharesOfTheLimitsOfTheSameRun()
    {
        // The peer's copy is the faster one: 4 GB in 1 ms are the limit.
        var limit = new BenchmarkRow(Copy, [Turn(0.002, bytes: 4e9)], [new PeerRuns("torch", Copy.Peers[0], [Turn(0.001)])]);
        var norm = new BenchmarkRow(Norm, [Turn(0.003, bytes: 3e9, device: 512)], [new PeerRuns("torch", Norm.Peers[1], [new Measurement { Missing = "n/a: no compiler" }])]);
        var capture = new BenchmarkRow(Capture, [Turn(0.0101, baseline: 0.01), Turn(0.0102, baseline: 0.01), Turn(0.0103, baseline: 0.01)], []);
        string table = GpuTable.Write(Again(Report(limit, norm, capture), GpuCases.All), GpuCases.All);
        Assert.Contains("Limits in this run: 4.00 TB/s of a large copy, unknown of a large bf16 product.", table, StringComparison.Ordinal);
        Assert.Contains("| 3.000 (3.000 to 3.000) | 1000 GB/s, 25 % | 512 | torch, eager: n/a: no compiler |  | at least 90 % of the copy's bandwidth |", table, StringComparison.Ordinal);
        Assert.Contains("left on the GPU (1.020 of our plain forward) | 10.20 (10.10 to 10.30) |", table, StringComparison.Ordinal);
        Assert.Contains("| 13 ms on an H200, 1.01 of our plain forward |", table, StringComparison.Ordinal);
        Assert.Contains("not run yet", table, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyGpusAreInTheTableOfResults()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory();
        try
        {
            Assert.Null(ResultFiles.NewestOfGpu(directory.FullName, GpuCases.All));
            var row = new BenchmarkRow(Norm, [Turn(1)], []);
            File.WriteAllText(Path.Combine(directory.FullName, "a.json"), (Report(row) with { IsGpu = false, Date = DateTimeOffset.UnixEpoch.AddDays(9) }).ToJson());
            Assert.Null(ResultFiles.NewestOfGpu(directory.FullName, GpuCases.All));
            File.WriteAllText(Path.Combine(directory.FullName, "b.json"), (Report(row) with { Device = "old" }).ToJson());
            File.WriteAllText(Path.Combine(directory.FullName, "c.json"), (Report(row) with { Device = "new", Date = DateTimeOffset.UnixEpoch.AddDays(1) }).ToJson());
            Assert.Equal("new", ResultFiles.NewestOfGpu(directory.FullName, GpuCases.All)!.Device);
            File.WriteAllText(Path.Combine(directory.FullName, "d.json"), "[]");
            Assert.Contains("d.json", Assert.Throws<Weir.Kernels.WeirException>(() => ResultFiles.NewestOfGpu(directory.FullName, GpuCases.All)).Message, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static Measurement Turn(double seconds, double bytes = 0, double baseline = 0, double device = 0) =>
        new() { Median = seconds, Times = [seconds], Bytes = bytes, BaselineMedian = baseline, PeakDeviceMemory = device };

    private static BenchmarkReport Report(params BenchmarkRow[] rows) => new()
    {
        Machine = "machine",
        Device = "device",
        IsGpu = true,
        Version = "1",
        Date = DateTimeOffset.UnixEpoch,
        Command = "weir bench",
        Peers = [],
        Rows = rows,
    };

    private static BenchmarkReport Again(BenchmarkReport report, IReadOnlyList<BenchmarkCase> cases) => BenchmarkReport.Read(report.ToJson(), cases);
}
