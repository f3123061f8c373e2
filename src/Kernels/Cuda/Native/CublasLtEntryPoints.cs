using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda.Native;

#pragma warning disable CS0649 // NativeLibraries.Bind fills the fields by their names.

/// <summary>
/// The entry points of cuBLASLt that Weir calls, under the names that the library exports. Handles and descriptors are nint,
/// results cublasStatus_t. All are in CUDA 12 and 13.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CublasLtEntryPoints
{
    public delegate* unmanaged<nint*, int> cublasLtCreate;
    public delegate* unmanaged<nint, int> cublasLtDestroy;
    public delegate* unmanaged<int, nint> cublasLtGetStatusName;
    public delegate* unmanaged<int, nint> cublasLtGetStatusString;

    public delegate* unmanaged<nint*, int, int, int> cublasLtMatmulDescCreate;
    public delegate* unmanaged<nint, int> cublasLtMatmulDescDestroy;
    public delegate* unmanaged<nint, int, void*, nuint, int> cublasLtMatmulDescSetAttribute;

    public delegate* unmanaged<nint*, int, ulong, ulong, long, int> cublasLtMatrixLayoutCreate;
    public delegate* unmanaged<nint, int> cublasLtMatrixLayoutDestroy;

    public delegate* unmanaged<nint*, int> cublasLtMatmulPreferenceCreate;
    public delegate* unmanaged<nint, int> cublasLtMatmulPreferenceDestroy;
    public delegate* unmanaged<nint, int, void*, nuint, int> cublasLtMatmulPreferenceSetAttribute;

    public delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint, int, CublasLtHeuristic*, int*, int> cublasLtMatmulAlgoGetHeuristic;
    public delegate* unmanaged<nint, nint, void*, nint, nint, nint, nint, void*, nint, nint, nint, nint, CublasLtAlgorithm*, nint, nuint, nint, int> cublasLtMatmul;
}
