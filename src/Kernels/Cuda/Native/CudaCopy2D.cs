using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda.Native;

/// <summary>CUDA_MEMCPY2D: rows of bytes from one memory to another.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CudaCopy2D
{
    public nuint SourceX, SourceY;
    public int SourceKind;
    public nint SourceHost, SourceDevice, SourceArray;
    public nuint SourcePitch;
    public nuint DestinationX, DestinationY;
    public int DestinationKind;
    public nint DestinationHost, DestinationDevice, DestinationArray;
    public nuint DestinationPitch;
    public nuint WidthBytes, Height;
}
