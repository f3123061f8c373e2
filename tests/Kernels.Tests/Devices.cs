using System.Globalization;
using System.Reflection;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cuda;
using Xunit.Sdk;
using Xunit.v3;

[assembly: CollectionBehavior(DisableTestParallelization = true)] // Devices have threads of their own.

namespace Weir.Kernels.Tests;

/// <summary>
/// The devices that every op is tested on, by name, so that a test's name says where it ran. A device that this
/// machine lacks is listed all the same and reported as skipped.
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
    };

    /// <summary>All names.</summary>
    public static IReadOnlyCollection<string> Names => Openers.Keys;

    /// <summary>Opens a device, or skips the test that asked.</summary>
    public static IDevice Open(string name) => Openers[name]();

    /// <summary>Devices that must give the same bits as this one: the same body with other numbers of threads, or threads in another order.</summary>
    public static IEnumerable<string> Siblings(string name)
    {
        string Body(string device) => device[..device.LastIndexOf('-')];
        return Names.Where(other => other != name && Body(other) == Body(name));
    }

    /// <summary>True for a device that takes products of 16-bit weights in 16 bits, and keeps keys and values of such weights so.</summary>
    public static bool Computes16Bits(string name) => name.StartsWith("emulated-", StringComparison.Ordinal) && !name.StartsWith("emulated-f32", StringComparison.Ordinal);

    /// <summary>
    /// True for a device on which a row's bits do not depend on how many rows there are beside it; on the others it is by
    /// the last bits of sums.
    /// </summary>
    public static bool RowsStandAlone(string name) => !name.Contains("-fast-", StringComparison.Ordinal);

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
