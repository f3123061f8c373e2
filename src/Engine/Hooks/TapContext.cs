using Weir.Kernels;

namespace Weir.Engine.Hooks;

/// <summary>
/// What a tap sees: the live value, after the edits of its site. On the CPU <see cref="Tensor.Span"/> or
/// <see cref="Tensor.Row"/> reads and writes it; on other devices <see cref="Tensor.Address"/> is a device pointer.
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
    /// <see cref="Kernels.Ops.AttentionMap"/>.
    /// </summary>
    public Tensor Value { get; }

    /// <summary>Which rows belong to which sequence and position.</summary>
    public PackedRows Rows { get; }
}
