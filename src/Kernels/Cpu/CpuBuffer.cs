using System.Runtime.InteropServices;

namespace Weir.Kernels.Cpu;

/// <summary>Host memory, 64-byte aligned.</summary>
internal sealed unsafe class CpuBuffer : DeviceBuffer
{
    private readonly CpuDevice _device;

    public CpuBuffer(CpuDevice device, long bytes)
        : base(device, (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), 64), bytes) => _device = device;

    public override bool IsHostVisible => true;

    protected override void Free()
    {
        NativeMemory.AlignedFree((void*)Address);
        _device.Freed(Bytes);
    }
}
