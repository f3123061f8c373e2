namespace Weir.Kernels.Cuda.Native;

/// <summary>The numbers of cuda.h that Weir uses, under names near the header's.</summary>
internal static class CudaConstants
{
    // CUdevice_attribute
    public const int MultiprocessorCount = 16;
    public const int L2CacheSize = 38;
    public const int MaxThreadsPerMultiprocessor = 39;
    public const int ComputeCapabilityMajor = 75;
    public const int ComputeCapabilityMinor = 76;
    public const int MaxSharedMemoryPerBlockOptin = 97;
    public const int MemoryPoolsSupported = 115;

    // CUfunction_attribute
    public const int FunctionSharedBytes = 1;
    public const int FunctionLocalBytes = 3;
    public const int FunctionRegisters = 4;
    public const int FunctionMaxDynamicSharedBytes = 8;

    // CUjit_option
    public const int JitInfoLogBuffer = 3;
    public const int JitInfoLogBufferSizeBytes = 4;
    public const int JitErrorLogBuffer = 5;
    public const int JitErrorLogBufferSizeBytes = 6;

    // CUmemPool_attribute
    public const int PoolReleaseThreshold = 4;
    public const int PoolReservedBytes = 5;
    public const int PoolUsedBytes = 7;

    // CUmemorytype
    public const int HostMemory = 1;
    public const int DeviceMemory = 2;

    // CU_MEMHOSTALLOC, CUstream_flags, CUevent_flags, CUstreamCaptureMode
    public const uint HostDeviceMap = 2;
    public const uint StreamNonBlocking = 1;
    public const uint EventDefault = 0;
    public const uint EventDisableTiming = 2;
    public const int CaptureRelaxed = 2;

    // CUtensorMap
    public const int TensorInt32 = 3;
    public const int TensorFloat16 = 6;
    public const int TensorFloat32 = 7;
    public const int TensorBFloat16 = 9;
    public const int TensorSwizzleNone = 0;
    public const int TensorSwizzle128B = 3;
    public const int TensorL2Promotion128B = 2;

    // CUresult
    public const int OutOfMemory = 2;
    public const int UnsupportedPtxVersion = 222;
}
