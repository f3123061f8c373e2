namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Distances between two softmax distributions a row, p = softmax(a) and q = softmax(b), summed in f64 in a fixed order:
    /// d = (KL(p || q), KL(q || p), |p - q| Euclidean, total variation sum |p - q| / 2), divergences in nats. Rows with the same
    /// bits give exactly 0; a logit of -infinity on both sides adds nothing.
    /// </summary>
    /// <param name="a">F32 [n, vocabulary] logits; rows may have a stride.</param>
    /// <param name="b">F32 [n, vocabulary] logits; rows may have a stride.</param>
    /// <param name="distances">F32 [n, 4], written.</param>
    void CompareDistributions(Tensor a, Tensor b, Tensor distances);
}

internal static partial class Check
{
    public static void CompareDistributions(Tensor a, Tensor b, Tensor distances)
    {
        Floats(a);
        Like(b, a);
        Rows(distances, a.Rows, 4);
        That(a.Width > 0, "A distribution has at least one token.");
    }
}
