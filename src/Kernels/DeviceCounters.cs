namespace Weir.Kernels;

/// <summary>Counts of a device's work, for tests of what a feature costs and for profiles.</summary>
public sealed class DeviceCounters
{
    /// <summary>Ops called.</summary>
    public long Ops { get; set; }

    /// <summary>Floating-point operations of products, a multiply-add as two.</summary>
    public long Flops { get; set; }

    /// <summary>Bytes moved by ops whose only effect is to copy (<c>IOps.Copy</c>, Read, Write).</summary>
    public long BytesCopied { get; set; }

    /// <summary>Recordings run without a call of their ops; what ran so is in no other count.</summary>
    public long Replays { get; set; }

    /// <summary>Times that the host waited for the device: Read and Synchronize.</summary>
    public long Waits { get; set; }

    /// <summary>Allocations of device memory.</summary>
    public long Allocations { get; set; }

    /// <summary>Bytes of device memory held now.</summary>
    public long BytesAllocated { get; set; }

    /// <summary>Largest <see cref="BytesAllocated"/> so far.</summary>
    public long PeakBytesAllocated { get; set; }
}
