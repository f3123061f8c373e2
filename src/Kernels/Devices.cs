using Weir.Kernels.Cpu;

namespace Weir.Kernels;

/// <summary>Opens devices for callers that do not care which.</summary>
public static class Devices
{
    /// <summary>The best device of this machine.</summary>
    public static IDevice OpenDefault() => new CpuDevice();
}
