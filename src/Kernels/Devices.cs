using System.Globalization;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cuda;

namespace Weir.Kernels;

/// <summary>Opens devices by name.</summary>
public static class Devices
{
    /// <summary>
    /// The processor: it is there on every machine, gives the same bits on all of them, and a GPU that others may be using
    /// is taken only by who asks for it.
    /// </summary>
    public static IDevice OpenDefault() => new CpuDevice();

    /// <summary>
    /// Opens a device: "cpu"; "cuda" or "cuda:1" for a GPU by its number; "emulated" for the kernels on the host as a device
    /// of compute capability 8.0, "emulated:90" as one of 9.0.
    /// </summary>
    /// <param name="name">Which.</param>
    /// <param name="options">How a CUDA device computes.</param>
    /// <exception cref="WeirException">There is no device of that name, or it cannot be used.</exception>
    public static IDevice Open(string name, CudaOptions? options = null)
    {
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        string kind = colon < 0 ? name : name[..colon];
        int? number = null;
        if (colon >= 0)
        {
            number = int.TryParse(name.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : -1;
        }

        return (kind, number) switch
        {
            ("cpu", null) => new CpuDevice(),
            ("cuda", null or >= 0) => CudaDevice.Open(number ?? 0, options),
            ("emulated", null or 80 or 90) => CudaDevice.OpenEmulated(new EmulatorOptions { Capability = number ?? 80 }, options),
            _ => throw new WeirException($"There is no device called '{name}'; there are cpu, cuda, cuda:N for the GPU of number N, emulated and emulated:90."),
        };
    }
}
