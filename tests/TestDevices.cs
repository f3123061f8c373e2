using System.Reflection;
using Weir.Kernels;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cuda;
using Xunit.Sdk;
using Xunit.v3;

namespace Weir;

/// <summary>
/// The devices that whole models are tested on, by name, so that a test's name says where it ran: the CPU, and CUDA. CUDA
/// is the emulator unless WEIR_TEST_DEVICE is cuda, which takes the first GPU in its place.
/// </summary>
internal static class TestDevices
{
    /// <summary>The CPU.</summary>
    public const string Cpu = "cpu";

    private static readonly bool HasGpu = Environment.GetEnvironmentVariable("WEIR_TEST_DEVICE") == "cuda";

    /// <summary>CUDA with all products in f32.</summary>
    public static string F32 { get; } = HasGpu ? "cuda-f32" : "emulated-f32";

    /// <summary>CUDA with products of 16-bit weights in their type, the same bits in every batch: each set of kernels.</summary>
    public static IReadOnlyList<string> Stored { get; } = HasGpu ? ["cuda"] : ["emulated-80", "emulated-90"];

    /// <summary>The same where a row's bits may depend on its batch.</summary>
    public static string Fast { get; } = HasGpu ? "cuda-fast" : "emulated-80-fast";

    /// <summary>Opens a device, or skips the test that asked.</summary>
    /// <param name="name">One of these.</param>
    /// <param name="seed">Draws the order in which an emulated device runs threads.</param>
    public static IDevice Open(string name, long seed = 1)
    {
        Assert.SkipUnless(name == Cpu || HasGpu || CudaDevice.HasEmulator, "The emulator's library is not built: make -C kernels/emulator.");
        var options = new CudaOptions
        {
            Precision = name == F32 ? CudaPrecision.F32 : CudaPrecision.Stored,
            Deterministic = name != Fast,
        };
        return name == Cpu ? new CpuDevice(threads: 2)
            : HasGpu ? CudaDevice.Open(0, options)
            : CudaDevice.OpenEmulated(new EmulatorOptions { Capability = name == Stored[^1] ? 90 : 80, Seed = seed }, options);
    }
}

/// <summary>
/// Data of a theory whose last parameter is a device: a row on the CPU and the same on CUDA in f32, which must meet what
/// the CPU meets.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class OnDevicesAttribute(params object[] row) : DataAttribute
{
    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([new TheoryDataRow([.. row, TestDevices.Cpu]), new TheoryDataRow([.. row, TestDevices.F32])]);

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;
}
