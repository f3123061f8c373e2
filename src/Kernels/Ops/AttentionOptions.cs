namespace Weir.Kernels.Ops;

/// <summary>The constants of an attention.</summary>
/// <param name="Scale">Factor on q . k.</param>
/// <param name="Softcap">Cap c of the scores, c tanh(x / c), before the mask; 0 for none.</param>
/// <param name="Window">Number of keys a query sees, its own included; 0 for all before it.</param>
public readonly record struct AttentionOptions(float Scale, float Softcap = 0, int Window = 0);
