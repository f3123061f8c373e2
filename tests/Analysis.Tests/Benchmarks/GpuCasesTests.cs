using Weir.Analysis.Benchmarks;
using Weir.Kernels;
using Weir.Kernels.Cpu;

namespace Weir.Analysis.Tests.Benchmarks;

/// <summary>Every case of the GPU's bench runs, in small shapes.</summary>
public sealed class GpuCasesTests
{
    public static TheoryData<string> Names => [.. GpuCases.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void RunsInSmallShapes(string name)
    {
        using var device = new CpuDevice(threads: 2);
        using var runner = new CaseRunner(new BenchmarkSetting(device, BenchmarkShapes.Tiny));
        Measurement m = runner.Measure(GpuCases.All.Single(c => c.Name == name), repetitions: 2);
        Assert.Equal(2, m.Times.Count);
        Assert.True(m.Median > 0 && m.Bytes > 0 && m.PeakDeviceMemory > 0);
        runner.Dispose();
        Assert.Equal(0, device.Counters.BytesAllocated);
    }

    [Fact]
    public void ACaseThatMakesNoNumberFails()
    {
        using var device = new CpuDevice(threads: 1);
        using var runner = new CaseRunner(new BenchmarkSetting(device, BenchmarkShapes.Tiny));
        BenchmarkCase work = new("broken", "", new(), _ => new PreparedWork(() => { }, new MemoryStream()) { Sample = () => [1, float.NaN] });
        Assert.Contains("not finite", Assert.Throws<WeirException>(() => runner.Measure(work, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesAreUnique() => Assert.Equal(GpuCases.All.Count, GpuCases.All.DistinctBy(c => c.Name).Count());
}
