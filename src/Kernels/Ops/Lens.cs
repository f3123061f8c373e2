namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Statistics of the rows of logits z = cap(States Unembedding^T + bias) / temperature, tile by tile over the
    /// vocabulary: no more than one tile of logits is held. With running maximum M of a row,
    /// S = sum e^(z-M), S1 = sum e^(z-M) z, S2 = sum e^(z-M) z_ref: log-sum-exp = M + ln S, entropy = M + ln S - S1/S,
    /// divergence = S1/S - lse - S2/S + lse_ref. Logits have the bits of <see cref="MatMul"/>.
    /// </summary>
    /// <param name="arguments">Operands and results.</param>
    void Lens(in LensArguments arguments);
}
