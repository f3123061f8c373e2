using System.Globalization;
using System.Reflection;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cuda;
using Weir.Kernels.Cuda.Native;
using Xunit.Sdk;
using Xunit.v3;

[assembly: CollectionBehavior(DisableTestParallelization = true)] // Devices have threads of their own.

namespace Weir.Kernels.Tests;

/// <summary>
/// The devices that every op is tested on, by name, so that a test's name says where it ran. A processor's width or an
/// emulator that this machine lacks is listed all the same and reported as skipped. A GPU is listed where there is one;
/// WEIR_REQUIRE_CUDA=1 says that there must be, so that its tests fail where there is none. WEIR_TEST_DEVICE lists those
/// devices alone whose names begin so.
/// </summary>
public static class Devices
{
    private static readonly Dictionary<string, Func<IDevice>> Openers = new(StringComparer.Ordinal)
    {
        ["cpu-512-1"] = () => Cpu(512, 1),
        ["cpu-512-3"] = () => Cpu(512, 3),
        ["cpu-256-1"] = () => Cpu(256, 1),
        ["cpu-256-3"] = () => Cpu(256, 3),
        ["cpu-128-1"] = () => Cpu(128, 1),
        ["cpu-128-3"] = () => Cpu(128, 3),
        ["emulated-f32-1"] = () => Emulated(80, CudaPrecision.F32, 1),
        ["emulated-f32-2"] = () => Emulated(80, CudaPrecision.F32, 2),
        ["emulated-80-1"] = () => Emulated(80, CudaPrecision.Stored, 1),
        ["emulated-80-2"] = () => Emulated(80, CudaPrecision.Stored, 2),
        ["emulated-80-fast-1"] = () => Emulated(80, CudaPrecision.Stored, 1, isFast: true),
        ["emulated-90-1"] = () => Emulated(90, CudaPrecision.Stored, 1),
        ["emulated-90-2"] = () => Emulated(90, CudaPrecision.Stored, 2),
        ["cuda-f32"] = () => Cuda(CudaPrecision.F32, deterministic: true),
        ["cuda-stored"] = () => Cuda(CudaPrecision.Stored, deterministic: true),
        ["cuda-fast"] = () => Cuda(CudaPrecision.Stored, deterministic: false),
    };

    // A device that stays open keeps the driver's context of the GPU from being made anew for every test.
    private static readonly Lazy<CudaDevice> Gpu = new(() => CudaDevice.Open());

    /// <summary>The names of those that are to be tested.</summary>
    public static IReadOnlyCollection<string> Names { get; } = [.. Openers.Keys.Where(IsListed)];

    /// <summary>Opens a device, or skips the test that asked.</summary>
    public static IDevice Open(string name) => Openers[name]();

    /// <summary>Devices that must give the same bits as this one: the same body with other numbers of threads, or threads in another order.</summary>
    public static IEnumerable<string> Siblings(string name)
    {
        if (IsGpu(name))
        {
            return [name]; // Opened a second time: no run of a GPU's threads is like another.
        }

        string Body(string device) => device[..device.LastIndexOf('-')];
        return Names.Where(other => other != name && Body(other) == Body(name));
    }

    /// <summary>True for a device that takes products of 16-bit weights in 16 bits, and keeps keys and values of such weights so.</summary>
    public static bool Computes16Bits(string name) => !name.StartsWith("cpu-", StringComparison.Ordinal) && !name.Contains("-f32", StringComparison.Ordinal);

    /// <summary>
    /// True for a device on which a row's bits do not depend on how many rows there are beside it; on the others it is by
    /// the last bits of sums.
    /// </summary>
    public static bool RowsStandAlone(string name) => !name.Contains("-fast", StringComparison.Ordinal);

    /// <summary>The device with the same kernels on which rows stand alone.</summary>
    public static string WhereRowsStandAlone(string name) => name.Replace("-fast-", "-", StringComparison.Ordinal);

    /// <summary>
    /// Kernels of a compute capability on the host, threads in an order that the seed draws. A fast one is as a user's without
    /// further options, with a library of products (one in cuBLASLt's place, where it has been built).
    /// </summary>
    private static CudaDevice Emulated(int capability, CudaPrecision precision, long seed, bool isFast = false)
    {
        Assert.SkipUnless(EmulatorLibrary.Location is not null, "The emulator's library is not built: make -C kernels/emulator.");
        var driver = new EmulatedCudaDriver(new EmulatorOptions { Capability = capability, Seed = seed });
        return new CudaDevice(driver, new CudaOptions { Precision = precision, Deterministic = !isFast }, $"emulated:{capability}", isFast ? FakeCublasLt.Open : null);
    }

    private static CudaDevice Cuda(CudaPrecision precision, bool deterministic)
    {
        _ = Gpu.Value;
        return CudaDevice.Open(0, new CudaOptions { Precision = precision, Deterministic = deterministic });
    }

    private static bool IsListed(string name) =>
        name.StartsWith(Environment.GetEnvironmentVariable("WEIR_TEST_DEVICE") ?? "", StringComparison.Ordinal)
        && (!IsGpu(name) || Environment.GetEnvironmentVariable("WEIR_REQUIRE_CUDA") == "1" || HasGpu());

    private static bool IsGpu(string name) => name.StartsWith("cuda-", StringComparison.Ordinal);

    private static bool HasGpu()
    {
        try
        {
            return KernelImage.AreBuilt && CudaLibrary.Instance.DeviceCount > 0;
        }
        catch (CudaException)
        {
            return false;
        }
    }

    private static CpuDevice Cpu(int bits, int threads)
    {
        Assert.SkipUnless(CpuDevice.VectorWidths.Contains(bits), string.Create(CultureInfo.InvariantCulture, $"This processor has no {bits}-bit vectors."));
        return new CpuDevice(threads, bits);
    }
}

/// <summary>
/// Data of a theory with one parameter: the name of each device, which is also its trait, -trait device=emulated-80-1.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EveryDeviceAttribute : DataAttribute
{
    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Devices.Names.Select(name => new TheoryDataRow<string>(name).WithTrait("device", name))]);

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;
}
