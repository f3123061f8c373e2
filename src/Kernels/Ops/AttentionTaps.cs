namespace Weir.Kernels.Ops;

/// <summary>
/// Attention maps that the caller wants written; absent tensors are not. A map is flat: sequence s has the block
/// [heads, Length(s), End(s)] at <see cref="AttentionMap.Offset"/>.
/// </summary>
/// <param name="Scores">F32 [map]: scaled and capped scores; -infinity where masked.</param>
/// <param name="Pattern">F32 [map]: softmax of the scores; 0 where masked.</param>
public readonly record struct AttentionTaps(Tensor Scores, Tensor Pattern);
