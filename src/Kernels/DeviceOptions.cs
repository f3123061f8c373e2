using Weir.Kernels.Cuda;

namespace Weir.Kernels;

/// <summary>Which device, and how it computes.</summary>
public sealed record DeviceOptions
{
    /// <summary>
    /// cpu; cuda or cuda:N for the N-th GPU, from 0; emulated, emulated:80 or emulated:90 for the kernels of the GPU run on
    /// the host, as a device of that compute capability.
    /// </summary>
    public string Name { get; init; } = "cpu";

    /// <summary>Threads of the CPU, or null for one a core; a GPU has none to choose.</summary>
    public int? Threads { get; init; }

    /// <summary>Width of the CPU's vectors, or null for the widest; a GPU has none to choose.</summary>
    public int? VectorBits { get; init; }

    /// <summary>Precision of a GPU's products, or null for as stored; the CPU's are f32 always.</summary>
    public CudaPrecision? Precision { get; init; }

    /// <summary>True: a row's bits do not depend on its batch. On the CPU that holds always.</summary>
    public bool Deterministic { get; init; }
}
