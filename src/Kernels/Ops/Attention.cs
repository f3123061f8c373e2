namespace Weir.Kernels.Ops;

public partial interface IOps
{
    /// <summary>
    /// Causal attention of packed rows over the store: a = cap(scale q . k) for keys at positions p - window + 1 .. p,
    /// z = sum softmax(a) v. Query head h reads key head h / (query heads / key heads). Never holds a whole map unless
    /// a tap asks for it; taps do not change z's bits, and the three stages below give the same bits.
    /// </summary>
    /// <param name="q">F32 [n, heads, size], rotated; rows may have a stride.</param>
    /// <param name="store">Keys and values, this batch's included.</param>
    /// <param name="rows">Sequences and positions of the rows.</param>
    /// <param name="options">Scale, cap, window.</param>
    /// <param name="z">F32 [n, heads, size], written.</param>
    /// <param name="taps">What else to write.</param>
    void Attention(Tensor q, KeyValueStore store, PackedRows rows, AttentionOptions options, Tensor z, in AttentionTaps taps = default);
}
