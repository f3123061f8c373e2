using System.Runtime.InteropServices;

namespace Weir.Kernels.Cuda.Native;

/// <summary>cublasLtMatmulAlgo_t: how the library will compute a product.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CublasLtAlgorithm
{
    public fixed ulong Data[8];
}

/// <summary>cublasLtMatmulHeuristicResult_t: an algorithm that the library proposes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CublasLtHeuristic
{
    public CublasLtAlgorithm Algorithm;
    public nuint WorkspaceBytes;
    public int State;
    public float Waves;
    public fixed int Reserved[4];
}
