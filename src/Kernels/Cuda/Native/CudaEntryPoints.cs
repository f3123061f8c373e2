using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda.Native;

#pragma warning disable CS0649 // NativeLibraries.Bind fills the fields by their names.

/// <summary>
/// The entry points of libcuda that Weir calls, under the names that the library exports. Handles and device addresses are
/// nint, results CUresult. All are in the drivers of CUDA 12.0 and later, which keep old names when they add new ones.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CudaEntryPoints
{
    public delegate* unmanaged<uint, int> cuInit;
    public delegate* unmanaged<int*, int> cuDriverGetVersion;
    public delegate* unmanaged<int, byte**, int> cuGetErrorName;
    public delegate* unmanaged<int, byte**, int> cuGetErrorString;

    public delegate* unmanaged<int*, int> cuDeviceGetCount;
    public delegate* unmanaged<int*, int, int> cuDeviceGet;
    public delegate* unmanaged<byte*, int, int, int> cuDeviceGetName;
    public delegate* unmanaged<nuint*, int, int> cuDeviceTotalMem_v2;
    public delegate* unmanaged<int*, int, int, int> cuDeviceGetAttribute;
    public delegate* unmanaged<nint*, int, int> cuDevicePrimaryCtxRetain;
    public delegate* unmanaged<int, int> cuDevicePrimaryCtxRelease_v2;
    public delegate* unmanaged<nint, int> cuCtxSetCurrent;

    public delegate* unmanaged<nuint*, nuint*, int> cuMemGetInfo_v2;
    public delegate* unmanaged<nint*, nuint, int> cuMemAlloc_v2;
    public delegate* unmanaged<nint, int> cuMemFree_v2;
    public delegate* unmanaged<nint*, nuint, nint, int> cuMemAllocAsync;
    public delegate* unmanaged<nint, nint, int> cuMemFreeAsync;
    public delegate* unmanaged<nint*, int, int> cuDeviceGetDefaultMemPool;
    public delegate* unmanaged<nint, int, void*, int> cuMemPoolSetAttribute;
    public delegate* unmanaged<nint, int, void*, int> cuMemPoolGetAttribute;
    public delegate* unmanaged<nint*, nuint, uint, int> cuMemHostAlloc;
    public delegate* unmanaged<nint, int> cuMemFreeHost;
    public delegate* unmanaged<nint*, nint, uint, int> cuMemHostGetDevicePointer_v2;

    public delegate* unmanaged<nint, nint, nuint, nint, int> cuMemcpyHtoDAsync_v2;
    public delegate* unmanaged<nint, nint, nuint, nint, int> cuMemcpyDtoHAsync_v2;
    public delegate* unmanaged<nint, nint, nuint, nint, int> cuMemcpyDtoDAsync_v2;
    public delegate* unmanaged<CudaCopy2D*, nint, int> cuMemcpy2DAsync_v2;
    public delegate* unmanaged<nint, byte, nuint, nint, int> cuMemsetD8Async;

    public delegate* unmanaged<nint*, byte*, uint, int*, nint*, int> cuModuleLoadDataEx;
    public delegate* unmanaged<nint, int> cuModuleUnload;
    public delegate* unmanaged<nint*, nint, byte*, int> cuModuleGetFunction;
    public delegate* unmanaged<int*, int, nint, int> cuFuncGetAttribute;
    public delegate* unmanaged<nint, int, int, int> cuFuncSetAttribute;
    public delegate* unmanaged<int*, nint, int, nuint, int> cuOccupancyMaxActiveBlocksPerMultiprocessor;
    public delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> cuLaunchKernel;

    public delegate* unmanaged<nint*, uint, int> cuStreamCreate;
    public delegate* unmanaged<nint, int> cuStreamDestroy_v2;
    public delegate* unmanaged<nint, int> cuStreamSynchronize;
    public delegate* unmanaged<nint*, uint, int> cuEventCreate;
    public delegate* unmanaged<nint, int> cuEventDestroy_v2;
    public delegate* unmanaged<nint, nint, int> cuEventRecord;
    public delegate* unmanaged<nint, int> cuEventSynchronize;
    public delegate* unmanaged<float*, nint, nint, int> cuEventElapsedTime;

    public delegate* unmanaged<nint, int, int> cuStreamBeginCapture_v2;
    public delegate* unmanaged<nint, nint*, int> cuStreamEndCapture;
    public delegate* unmanaged<nint*, nint, ulong, int> cuGraphInstantiateWithFlags;
    public delegate* unmanaged<nint, nint, int> cuGraphLaunch;
    public delegate* unmanaged<nint, int> cuGraphExecDestroy;
    public delegate* unmanaged<nint, int> cuGraphDestroy;

    public delegate* unmanaged<void*, int, uint, nint, ulong*, ulong*, uint*, uint*, int, int, int, int, int> cuTensorMapEncodeTiled;
}
