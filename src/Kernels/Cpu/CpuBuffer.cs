namespace Weir.Kernels.Cpu;

/// <summary>Host memory, 64-byte aligned, in huge pages where it is large.</summary>
internal sealed class CpuBuffer : DeviceBuffer
{
    private readonly CpuDevice _device;

    public CpuBuffer(CpuDevice device, long bytes)
        : base(device, CpuMemory.Allocate(bytes), bytes) => _device = device;

    public override bool IsHostVisible => true;

    protected override void Free()
    {
        CpuMemory.Free(Address, Bytes);
        _device.Freed(Bytes);
    }
}
