using System.Numerics.Tensors;
using Weir.Engine;
using Weir.Engine.Lens;
using Weir.Kernels;
using Tensor = Weir.Kernels.Tensor;

namespace Weir.Analysis.Recall;

/// <summary>
/// Rows of the unembedding as directions that logits are read along. With u_v a token's row, b_v its bias and bars for means
/// over the vocabulary, pi(Y) = logit_Y - mean logit = &lt;Norm(r), u_Y - u_bar&gt; + b_Y - b_bar: no logits of other tokens
/// are needed. Logits are those before a model's final cap.
/// </summary>
public sealed class Unembedding
{
    private const int Chunk = 4096;

    private readonly Model _model;
    private readonly float[]? _bias;
    private readonly double _meanBias;

    /// <summary>Reads the mean row.</summary>
    public Unembedding(Model model)
    {
        _model = model;
        int vocabulary = model.Spec.VocabularySize, width = model.Spec.Width;
        double[] sums = new double[width];
        for (int first = 0; first < vocabulary; first += Chunk)
        {
            int count = Math.Min(Chunk, vocabulary - first);
            float[] rows = Rows([.. Enumerable.Range(first, count)]);
            double[] wide = new double[width];
            for (int r = 0; r < count; r++)
            {
                TensorPrimitives.ConvertTruncating<float, double>(rows.AsSpan(r * width, width), wide);
                TensorPrimitives.Add(sums, wide, sums);
            }
        }

        Mean = [.. sums.Select(s => (float)(s / vocabulary))];
        _bias = model.Vectors.UnembeddingBias;
        _meanBias = _bias is null ? 0 : _bias.Average(b => (double)b);
    }

    /// <summary>[d]: the mean row u_bar.</summary>
    public float[] Mean { get; }

    /// <summary>Directions that give logits themselves.</summary>
    public LogitDirections Logit(IReadOnlyList<int> ids) => new(_model, Rows([.. ids]), [.. ids.Select(Bias)]);

    /// <summary>Directions that give pi.</summary>
    public LogitDirections Centred(IReadOnlyList<int> ids)
    {
        float[] rows = Rows([.. ids]);
        for (int i = 0; i < ids.Count; i++)
        {
            Span<float> row = rows.AsSpan(i * Mean.Length, Mean.Length);
            TensorPrimitives.Subtract(row, Mean, row);
        }

        return new LogitDirections(_model, rows, [.. ids.Select(id => Bias(id) - _meanBias)]);
    }

    /// <summary>Directions that give the difference of two tokens' logits, which is that of their pi.</summary>
    public LogitDirections Difference(IReadOnlyList<int> ids, IReadOnlyList<int> less)
    {
        float[] rows = Rows([.. ids]);
        TensorPrimitives.Subtract(rows, Rows([.. less]), rows);
        return new LogitDirections(_model, rows, [.. ids.Zip(less, (a, b) => Bias(a) - Bias(b))]);
    }

    private double Bias(int id) => _bias is null ? 0 : _bias[id];

    private float[] Rows(int[] ids)
    {
        using var memory = new Arena(_model.Device);
        Tensor rows = memory.Allocate(new Shape(ids.Length, _model.Spec.Width));
        _model.Vectors.ReadTokens(LensBasis.Unembedding, ids, rows);
        return _model.Device.Read<float>(rows);
    }
}
