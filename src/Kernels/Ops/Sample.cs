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

internal static partial class Check
{
    public static void Sample(Tensor logits, ReadOnlySpan<SamplingOptions> options, Tensor ids)
    {
        Floats(logits);
        Integers(ids, logits.Rows);
        That(options.Length == logits.Rows, "Sampling wants one set of options a row.");
        foreach (SamplingOptions o in options)
        {
            That(o.Temperature >= 0 && float.IsFinite(o.Temperature), "A temperature must be 0 or above.");
            That(o.TopK >= 0, "Top-k must be 0 or above.");
            That(o.TopP is >= 0 and <= 1, "Top-p must be in 0 .. 1.");
            That(o.Uniform is >= 0 and < 1, "A draw must be at least 0 and below 1.");
        }
    }
}
