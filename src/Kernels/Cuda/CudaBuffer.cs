namespace Weir.Kernels.Cuda;

/// <summary>Memory of a CUDA device.</summary>
internal sealed class CudaBuffer : DeviceBuffer
{
    private readonly CudaDevice _device;

    public CudaBuffer(CudaDevice device, long bytes)
        : base(device, device.Driver.Allocate(bytes), bytes) => _device = device;

    public override bool IsHostVisible => false;

    protected override void Free()
    {
        _device.Driver.Free(Address);
        _device.Freed(Bytes);
    }
}
