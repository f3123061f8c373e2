using Weir.Kernels.Cuda;
using Weir.Kernels.Ops;
using Weir.Kernels.Verification;

namespace Weir.Kernels.Tests;

/// <summary>The self-test of users' machines, on the devices of this one.</summary>
public sealed class VerificationTests
{
    [Fact]
    public void EveryOpHasACase() => Assert.Empty(typeof(IOps).GetMethods().Select(m => m.Name).Except(OpCases.All.Select(c => c.Op)));

    [Fact]
    public void CasesHaveNamesOfTheirOwn() => Assert.Equal(OpCases.All.Count, OpCases.All.Select(c => c.ToString()).Distinct(StringComparer.Ordinal).Count());

    [Theory, EveryDevice]
    public void EveryDeviceIsRight(string device)
    {
        using IDevice d = Devices.Open(device);
        Assert.Empty(OpVerification.Run(d).Where(v => !v.IsRight).Select(v => $"{v.Case}: error {v.Error}, allowed {v.Tolerance}; {v.Where}"));
    }

    /// <summary>Every kernel that is embedded is one that some case launches on some device.</summary>
    [Fact]
    public void EveryKernelHasACase()
    {
        Assert.SkipUnless(FakeCublasLt.IsBuilt, "The stand-in for cuBLASLt is not built, and a kernel goes with its products.");
        var launched = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in new[] { "emulated-f32-1", "emulated-80-1", "emulated-80-fast-1", "emulated-90-1" })
        {
            using var d = (CudaDevice)Devices.Open(name);
            using CudaProfile profile = d.StartProfile();
            _ = OpVerification.Run(d).Count();
            profile.Stop();
            launched.UnionWith(profile.Kernels.Select(k => k.Kernel));
        }

        string[] missing = [.. KernelTable.Rows.Where(r => !r.File.StartsWith("examples/", StringComparison.Ordinal)).Select(r => r.Kernel).Distinct(StringComparer.Ordinal).Except(launched)];
        Assert.True(missing.Length == 0, $"No case launches {string.Join(", ", missing)}.");
    }

    [Theory]
    [InlineData("cpu-128-1")]
    [InlineData("emulated-80-1")]
    public void WhatACaseMakesItGivesBack(string device)
    {
        using IDevice d = Devices.Open(device);
        OpCase[] cases = [.. OpCases.All.DistinctBy(c => c.Op)];
        _ = OpVerification.Run(d, cases).Count(); // A device keeps scratch memory of its own.
        long kept = d.Counters.BytesAllocated;
        _ = OpVerification.Run(d, cases).Count();
        Assert.Equal(kept, d.Counters.BytesAllocated);
    }

    [Fact]
    public void WhatIsWrongIsFound()
    {
        using IDevice cpu = new Cpu.CpuDevice();
        int calls = 0;
        OpCase[] cases =
        [
            new("Add", "off by a bit the second time", 1e-7, o => [o.Vector(1, 1 + (calls++ * 1e-6f))]),
            new("Add", "not finite the second time", 1, o => [o.Vector(calls++ == 3 ? float.NaN : 1)]),
            new("Add", "within", 1e-7, o => [o.Vector(float.NaN, float.PositiveInfinity, 1, 100 + (calls++ == 5 ? 1e-5f : 0))]),
        ];
        OpVerdict[] verdicts = [.. OpVerification.Run(cpu, cases)];
        Assert.Equal([false, false, true], verdicts.Select(v => v.IsRight));
        Assert.Contains("element 1 of result 0 is 1.000001, the CPU has 1", verdicts[0].Where, StringComparison.Ordinal);
        Assert.Equal(double.PositiveInfinity, verdicts[1].Error);
    }
}
