namespace Weir.Engine.Families;

/// <summary>
/// A run of output features of one stored tensor. A linear layer's weight is a list of these, which is how fused
/// layouts (GPT-2's thirds, NeoX's q,k,v per head) are told apart: the wrong split has the right shape.
/// </summary>
/// <param name="Tensor">Name in the checkpoint.</param>
/// <param name="Start">First output feature.</param>
/// <param name="Count">Number of output features.</param>
/// <param name="Transposed">True where the tensor is stored [in, out] (GPT-2's Conv1D) instead of [out, in].</param>
public readonly record struct OutputSlice(string Tensor, int Start, int Count, bool Transposed = false);
