using Weir.Engine.Families;

namespace Weir.Analysis.Benchmarks;

/// <summary>The least work of a model with 16-bit weights, counted from its description.</summary>
/// <param name="spec">The description.</param>
internal sealed class ModelSize(ModelSpec spec)
{
    private const int BytesPerWeight = 2;

    /// <summary>Bytes of the weights that a pass reads: every block and the unembedding; of the embedding only some rows.</summary>
    public double WeightBytes => BytesPerWeight * ((spec.Layers * BlockWeights) + HeadWeights);

    private double BlockWeights
    {
        get
        {
            AttentionSpec a = spec.Attention;
            double attention = spec.Width * (2.0 * a.QueryWidth + 2.0 * a.KeyWidth);
            return attention + ((spec.Mlp.Gated ? 3.0 : 2.0) * spec.Width * spec.Mlp.Width);
        }
    }

    private double HeadWeights => (double)spec.Width * spec.VocabularySize;

    /// <summary>Bytes of keys and values that a token at a position reads.</summary>
    public double KeyValueBytes(int position) => 2.0 * BytesPerWeight * spec.Layers * spec.Attention.KeyWidth * position;

    /// <summary>Operations of a prompt's pass.</summary>
    public double ForwardFlops(int tokens, int logitRows)
    {
        double pairs = tokens * (tokens + 1.0) / 2;
        return (2 * tokens * spec.Layers * BlockWeights) + (4 * pairs * spec.Layers * spec.Attention.QueryWidth) + (2 * logitRows * HeadWeights);
    }
}
