namespace Weir.Kernels;

/// <summary>Memory of a device. Freed by <see cref="Dispose"/> and by nothing else.</summary>
public abstract class DeviceBuffer : IDisposable
{
    /// <summary>Describes memory at an address.</summary>
    protected DeviceBuffer(IDevice device, nint address, long bytes)
    {
        Device = device;
        Address = address;
        Bytes = bytes;
    }

    /// <summary>The device that owns the memory.</summary>
    public IDevice Device { get; }

    /// <summary>Address in the device's memory; 64-byte aligned.</summary>
    public nint Address { get; private set; }

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; }

    /// <summary>True where the host may read and write the memory through <see cref="Address"/>.</summary>
    public abstract bool IsHostVisible { get; }

    /// <summary>Gives the memory back. Tensors on it must not be used any more.</summary>
    public void Dispose()
    {
        if (Address != 0)
        {
            Free();
            Address = 0;
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back to the device.</summary>
    protected abstract void Free();
}
