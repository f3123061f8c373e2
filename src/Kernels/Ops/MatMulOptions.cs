namespace Weir.Kernels.Ops;

/// <summary>What a product does to its result before it is written.</summary>
public readonly record struct MatMulOptions
{
    /// <summary>F32 [outputs] added to every row, or absent.</summary>
    public Tensor Bias { get; init; }

    /// <summary>Applied after the bias, or null.</summary>
    public Activation? Activation { get; init; }

    /// <summary>F32, y's shape, added last, or absent; may be y itself.</summary>
    public Tensor Residual { get; init; }

    /// <summary>
    /// First input feature of w that x's columns multiply, x's width saying how many (one head of a projection); null where
    /// x has all of them.
    /// </summary>
    public int? InputOffset { get; init; }
}
