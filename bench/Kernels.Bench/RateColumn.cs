using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Parameters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Weir.Kernels.Bench;

/// <summary>Work a second of a benchmark's mean time: work a nanosecond is giga-work a second.</summary>
internal sealed class RateColumn(string name, Func<Work, double> amount) : IColumn
{
    public string Id => name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => $"{name} of the mean time";

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics)
        {
            return "-";
        }

        var bench = (OpBench)Activator.CreateInstance(benchmarkCase.Descriptor.Type)!;
        foreach (ParameterInstance p in benchmarkCase.Parameters.Items)
        {
            benchmarkCase.Descriptor.Type.GetProperty(p.Name)?.SetValue(bench, p.Value);
        }

        double work = amount(bench.WorkOf(benchmarkCase.Descriptor.WorkloadMethod.Name));
        return (work / statistics.Mean).ToString("F1", CultureInfo.InvariantCulture);
    }
}
