namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Draws one token a row: temperature, then top-k, then top-p on the renormed rest, then the inverse of the
    /// cumulative distribution in order of decreasing probability (the lower id first where equal) at the row's uniform draw.
    /// A logit that is not a number is never drawn.
    /// </summary>
    /// <param name="logits">F32 [n, vocabulary].</param>
    /// <param name="options">One a row.</param>
    /// <param name="ids">I32 [n], written; -1 where no logit of the row is a number above -infinity.</param>
    void Sample(Tensor logits, ReadOnlySpan<SamplingOptions> options, Tensor ids);
}
