namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>post = f(pre), or f(pre) * linear where a linear branch is given (Shazeer 2020).</summary>
    /// <param name="activation">f.</param>
    /// <param name="pre">F32 [n, width]; rows may have a stride.</param>
    /// <param name="linear">F32 [n, width] or absent; rows may have a stride.</param>
    /// <param name="post">F32 [n, width], written; may be pre.</param>
    void Activate(Activation activation, Tensor pre, Tensor linear, Tensor post);
}

internal static partial class Check
{
    public static void Activate(Activation activation, Tensor pre, Tensor linear, Tensor post)
    {
        Floats(post);
        Like(pre, post);
        if (!linear.IsAbsent)
        {
            Like(linear, post);
        }

        if (activation is not (Activation.GeluTanh or Activation.GeluErf or Activation.Relu or Activation.Silu))
        {
            throw new ArgumentOutOfRangeException(nameof(activation), activation, "This is not an activation.");
        }
    }
}
