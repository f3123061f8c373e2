namespace Weir.Kernels.Cuda.Native;

/// <summary>The numbers of cublasLt.h, cublas_api.h and library_types.h that Weir uses, under names near the headers'.</summary>
internal static class CublasLtConstants
{
    // cublasStatus_t
    public const int NotSupported = 15;

    // cudaDataType_t
    public const int RealF32 = 0;
    public const int RealF16 = 2;
    public const int RealBF16 = 14;

    // cublasComputeType_t: f32 with neither TF32 nor narrower operands than were given
    public const int ComputeF32 = 68;

    // cublasOperation_t
    public const int Transposed = 1;

    // cublasLtMatmulDescAttributes_t
    public const int DescriptionTransposeA = 3;
    public const int DescriptionEpilogue = 7;
    public const int DescriptionBiasPointer = 8;

    // cublasLtEpilogue_t
    public const int EpilogueBias = 4;

    // cublasLtMatmulPreferenceAttributes_t
    public const int PreferenceMaxWorkspaceBytes = 1;
    public const int PreferenceAlignmentA = 5;
    public const int PreferenceAlignmentB = 6;
    public const int PreferenceAlignmentC = 7;
    public const int PreferenceAlignmentD = 8;
}
