namespace Weir.Kernels.Cuda;

/// <summary>How a CUDA device computes.</summary>
public sealed record CudaOptions
{
    /// <summary>Precision of products.</summary>
    public CudaPrecision Precision { get; init; }

    /// <summary>
    /// True: a row's bits do not depend on its batch. Every product runs on Weir's own kernel, and a decoding step does not
    /// split a sequence's keys.
    /// </summary>
    public bool Deterministic { get; init; }
}
