namespace Weir.Kernels;

/// <summary>A run of output features of a matrix in host memory. The address need not be aligned.</summary>
/// <param name="Address">Element (first output of the part, input 0).</param>
/// <param name="Outputs">Output features in this part.</param>
/// <param name="OutputStride">Elements from one output feature to the next ([out, in]: the inputs; transposed: 1).</param>
/// <param name="InputStride">Elements from one input to the next ([out, in]: 1; transposed: the stored width).</param>
public readonly record struct MatrixPart(nint Address, int Outputs, long OutputStride, long InputStride);
