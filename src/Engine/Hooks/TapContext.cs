using Weir.Kernels;

namespace Weir.Engine.Hooks;

/// <summary>
/// What a tap sees: the live value, after the edits of its site, in the memory of the device. Every device's
/// <see cref="IDevice.Read"/> and <see cref="IDevice.Write"/> reach it, and its ops act on it. On the CPU
/// <see cref="Tensor.Row"/> reads and writes it in place. On a <see cref="Kernels.Cuda.CudaDevice"/>
/// <see cref="Tensor.Address"/> is a device pointer, and what comes next is queued on the device's
/// <see cref="Kernels.Cuda.CudaDevice.Stream"/>: kernels of the caller's own, loaded once with
/// <see cref="Kernels.Cuda.CudaDevice.LoadKernel"/> and launched by the tap, run between the kernels before and behind the
/// site, and the host waits for none of them.
/// </summary>
public readonly ref struct TapContext
{
    internal TapContext(IDevice device, Site site, Tensor value, PackedRows rows)
    {
        Device = device;
        Site = site;
        Value = value;
        Rows = rows;
    }

    /// <summary>The device, for the caller's own ops.</summary>
    public IDevice Device { get; }

    /// <summary>The site, its layer filled in.</summary>
    public Site Site { get; }

    /// <summary>
    /// [rows, ...] in the packed order of <see cref="Rows"/>, valid during the call only; attention maps are flat, see
    /// <see cref="Kernels.Ops.AttentionMap"/>. In a recorded step it is the same memory every time.
    /// </summary>
    public Tensor Value { get; }

    /// <summary>
    /// Which rows belong to which sequence and position. A recordable tap is called for one step and its work is run for
    /// others too: it must not use the positions.
    /// </summary>
    public PackedRows Rows { get; }
}
