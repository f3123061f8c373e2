namespace Weir.Kernels.Cuda;

/// <summary>In what precision products of 16-bit weights are taken. Products of f32 weights are f32 always.</summary>
public enum CudaPrecision
{
    /// <summary>
    /// As stored: activations are rounded to the weights' type where they meet them and multiplied on tensor cores, summed
    /// in f32; keys and values are kept in that type. The residual stream, norms and softmax stay f32.
    /// </summary>
    Stored,

    /// <summary>f32 throughout, with the bits of the CPU's products; for comparisons with f32 references.</summary>
    F32,
}
