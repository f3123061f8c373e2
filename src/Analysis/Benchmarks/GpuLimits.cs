using System.Globalization;

namespace Weir.Analysis.Benchmarks;

/// <summary>
/// The two limits of a GPU as the same run has measured them, by whoever was faster at it: bytes a second of a large copy,
/// and floating-point operations a second of a large bf16 product. 0 where a run has not.
/// </summary>
/// <param name="Bandwidth">Bytes read and written a second.</param>
/// <param name="MatrixRate">Operations a second.</param>
public sealed record GpuLimits(double Bandwidth, double MatrixRate)
{
    /// <summary>Name of the case that measures the bandwidth.</summary>
    public const string CopyCase = "copy";

    /// <summary>Name of the case that measures the matrix rate.</summary>
    public const string MatrixCase = "matrix";

    /// <summary>The limits in words.</summary>
    public string Words => string.Create(CultureInfo.InvariantCulture, $"Limits in this run: {Of(Bandwidth, 1e12, "F2", "TB/s")} of a large copy, {Of(MatrixRate, 1e12, "F0", "TFLOP/s")} of a large bf16 product.");

    /// <summary>Finds the limits among the rows.</summary>
    public static GpuLimits Of(IReadOnlyList<BenchmarkRow> rows) => new(Fastest(rows, CopyCase, m => m.Bytes), Fastest(rows, MatrixCase, m => m.Flops));

    /// <summary>Measures both on a device.</summary>
    public static GpuLimits Measure(BenchmarkSetting setting)
    {
        using var runner = new CaseRunner(setting);
        double Rate(string name, Func<Measurement, double> work)
        {
            Measurement m = runner.Measure(GpuCases.All.First(c => c.Name == name), repetitions: 5);
            return work(m) / m.Median;
        }

        return new GpuLimits(Rate(CopyCase, m => m.Bytes), Rate(MatrixCase, m => m.Flops));
    }

    /// <summary>Part of the time that is taken, to which the limit that binds would bring a work; null where nobody has counted.</summary>
    public double? ShareOf(double bytes, double flops, double seconds) =>
        (bytes > 0 || flops > 0) && seconds > 0 ? Math.Max(bytes / Bandwidth, flops / MatrixRate) / seconds : null;

    /// <summary>The rate of the limit that binds a work, and its share of it; empty where nobody has counted or measured.</summary>
    public string Rate(IReadOnlyList<Measurement> turns)
    {
        if (!BenchmarkRow.HasTimes(turns) || (turns[0].Bytes == 0 && turns[0].Flops == 0))
        {
            return "";
        }

        double seconds = BenchmarkRow.SecondsOf(turns);
        double bytes = turns[0].Bytes / seconds;
        double flops = turns[0].Flops / seconds;

        // Where a run has not measured its limits, those of an H100 still say which of the two binds.
        bool moves = bytes / (Bandwidth > 0 ? Bandwidth : 3e12) >= flops / (MatrixRate > 0 ? MatrixRate : 790e12);
        return moves ? Share(bytes, Bandwidth, 1e9, "GB/s") : Share(flops, MatrixRate, 1e12, "TFLOP/s");
    }

    private static double Fastest(IReadOnlyList<BenchmarkRow> rows, string name, Func<Measurement, double> work)
    {
        if (rows.FirstOrDefault(r => r.Case.Name == name) is not { } row || !BenchmarkRow.HasTimes(row.Ours))
        {
            return 0;
        }

        double amount = work(row.Ours[0]);
        return row.Theirs.Select(p => p.Turns).Append(row.Ours).Where(BenchmarkRow.HasTimes).Max(turns => amount / BenchmarkRow.SecondsOf(turns));
    }

    private static string Share(double rate, double limit, double unit, string name)
    {
        string share = limit > 0 ? string.Create(CultureInfo.InvariantCulture, $", {100 * rate / limit:F0} %") : "";
        return Of(rate, unit, "F0", name) + share;
    }

    private static string Of(double rate, double unit, string format, string name) =>
        rate > 0 ? $"{(rate / unit).ToString(format, CultureInfo.InvariantCulture)} {name}" : "unknown";
}
