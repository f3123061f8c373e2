using Weir.Analysis.Benchmarks;
using Weir.Kernels;
using Weir.Kernels.Cpu;

namespace Weir.Analysis.Tests.Benchmarks;

/// <summary>Every case of the GPU's bench runs, in small shapes, and gives its memory back.</summary>
public sealed class GpuCasesTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Cases() =>
        from device in (string[])[TestDevices.Cpu, TestDevices.Fast]
        from work in GpuCases.All
        select new TheoryDataRow<string, string>(work.Name, device);

    [Theory]
    [MemberData(nameof(Cases))]
    public void RunsInSmallShapes(string name, string device)
    {
        using IDevice opened = TestDevices.Open(device);
        using var runner = new CaseRunner(new BenchmarkSetting(opened, BenchmarkShapes.Tiny));
        BenchmarkCase work = GpuCases.All.Single(c => c.Name == name);
        _ = runner.Measure(work, repetitions: 2);
        Measurement again = runner.Measure(work, repetitions: 2);
        Assert.Equal(2, again.Times.Count);
        Assert.True(again.Median > 0 && again.Bytes > 0 && again.PeakDeviceMemory > 0);
        long most = opened.Counters.PeakBytesAllocated;
        _ = runner.Measure(work, repetitions: 3);
        Assert.Equal(most, opened.Counters.PeakBytesAllocated);
        if (device == TestDevices.Cpu)
        {
            runner.Dispose();
            Assert.Equal(0, opened.Counters.BytesAllocated);
        }
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
