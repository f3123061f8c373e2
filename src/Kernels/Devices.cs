using System.Globalization;
using Weir.Kernels.Cpu;
using Weir.Kernels.Cuda;

namespace Weir.Kernels;

/// <summary>Opens devices for callers that do not care which.</summary>
public static class Devices
{
    /// <summary>The CPU with all its cores.</summary>
    public static IDevice OpenDefault() => new CpuDevice();

    /// <summary>Opens a device by its name.</summary>
    /// <exception cref="WeirException">No device is called so, this machine lacks it, or it has no such options.</exception>
    public static IDevice Open(DeviceOptions options)
    {
        string[] parts = options.Name.Split(':');
        int number = 0;
        if (parts.Length > 2 || (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out number)))
        {
            throw Unknown(options.Name);
        }

        if (parts is ["cpu"])
        {
            return options.Precision == CudaPrecision.Stored
                ? throw new WeirException("The CPU computes in f32 whatever the weights are stored in; leave the precision out, or use a GPU.")
                : new CpuDevice(options.Threads ?? 0, options.VectorBits ?? 0);
        }

        var cuda = new CudaOptions { Precision = options.Precision ?? CudaPrecision.Stored, Deterministic = options.Deterministic };
        Func<IDevice> open = parts[0] switch
        {
            "cuda" => () => CudaDevice.Open(number, cuda),
            "emulated" when parts.Length == 1 || number is 80 or 90 =>
                () => CudaDevice.OpenEmulated(new EmulatorOptions { Capability = parts.Length == 1 ? 80 : number }, cuda),
            _ => throw Unknown(options.Name),
        };
        return options.Threads is null && options.VectorBits is null ? open() : throw new WeirException(
            $"Threads and vector widths are the CPU's to choose, and {options.Name} has none; leave them out, or use the device cpu.");
    }

    private static WeirException Unknown(string name) => new(
        $"UnknownDevice: there is no device called '{name}'; there are cpu, cuda, cuda:N for the N-th GPU, emulated, emulated:80 and emulated:90.");
}
