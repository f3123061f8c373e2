using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>
/// Normal weights with a standard deviation of 0.02, for benchmarks of true shapes without a download. Gains are 1, biases
/// 0, learned positions even between -0.02 and 0.02. The same seed gives the same model.
/// </summary>
internal sealed class RandomWeights : IWeightSource, IDisposable
{
    private const float Deviation = 0.02f;
    private const long MostNumbers = 1 << 22;

    private readonly ModelSpec _spec;
    private readonly long _seed;
    private readonly NormalNumbers _numbers;

    /// <summary>Draws the numbers.</summary>
    public RandomWeights(ModelSpec spec, long seed, ElementType type)
    {
        _spec = spec;
        _seed = seed;
        long inputs = Math.Max(Math.Max(spec.Width, spec.Mlp.Width), spec.Attention.QueryWidth);
        _numbers = new NormalNumbers(type, Deviation, seed, Math.Max(2 * inputs, Math.Min(inputs * spec.VocabularySize, MostNumbers)));
    }

    /// <summary>Names the tensors of a model that has no checkpoint.</summary>
    public static ModelSource Source(ModelSpec spec)
    {
        if (spec.Embedding.Width != spec.Width)
        {
            throw new WeirException($"A model of random weights has embeddings as wide as the model, not {spec.Embedding.Width} beside {spec.Width}.");
        }

        bool bias = spec.Norm.Kind == NormKind.LayerNorm;
        AttentionSpec a = spec.Attention;
        int inner = spec.Mlp.Width * (spec.Mlp.Gated ? 2 : 1);
        LinearSource Linear(string name, int inputs, int outputs) =>
            new(inputs, outputs, [new OutputSlice(name, 0, outputs)], bias ? [new OutputSlice($"{name}.bias.{outputs}", 0, outputs)] : null);
        NormSource Norm(string name, int width) => new(width, $"{name}.gain.{width}", bias ? $"{name}.bias.{width}" : null);
        bool front = spec.Placement != NormPlacement.SublayerOutput;
        bool back = spec.Placement is NormPlacement.Sandwich or NormPlacement.SublayerOutput;
        int qWidth = spec.Attention.QueryKeyNorm == QueryKeyNorm.PerHead ? a.HeadSize : a.QueryWidth;
        int kWidth = spec.Attention.QueryKeyNorm == QueryKeyNorm.PerHead ? a.HeadSize : a.KeyWidth;
        return new ModelSource
        {
            Embedding = "embedding",
            Positions = spec.Embedding.PositionRows == 0 ? null : $"positions.{spec.Embedding.PositionRows * spec.Width}",
            FinalNorm = spec.FinalNorm ? Norm("final", spec.Width) : null,
            Head = new LinearSource(spec.Width, spec.VocabularySize, [new OutputSlice(spec.TiedHead ? "embedding" : "head", 0, spec.VocabularySize)]),
            Blocks = [.. Enumerable.Range(0, spec.Layers).Select(l => new BlockSource
            {
                AttentionNorm = front ? Norm($"{l}.ln1", spec.Width) : null,
                AttentionPostNorm = back ? Norm($"{l}.ln1_post", spec.Width) : null,
                MlpNorm = front ? Norm($"{l}.ln2", spec.Width) : null,
                MlpPostNorm = back ? Norm($"{l}.ln2_post", spec.Width) : null,
                QueryNorm = a.QueryKeyNorm == QueryKeyNorm.None ? null : Norm($"{l}.q_norm", qWidth),
                KeyNorm = a.QueryKeyNorm == QueryKeyNorm.None ? null : Norm($"{l}.k_norm", kWidth),
                QueryKeyValue = Linear($"{l}.qkv", spec.Width, a.QueryWidth + (2 * a.KeyWidth)),
                AttentionOutput = Linear($"{l}.o", a.QueryWidth, spec.Width),
                MlpInput = Linear($"{l}.up", spec.Width, inner),
                MlpOutput = Linear($"{l}.down", spec.Mlp.Width, spec.Width),
            })],
        };
    }

    public MatrixSource Matrix(LinearSource source) => Matrix(source.Weight[0].Tensor, source.InputWidth, source.OutputWidth);

    public MatrixSource Matrix(string tensor) => Matrix(tensor, _spec.Embedding.Width, _spec.VocabularySize);

    public void Release(LinearSource source)
    {
        // One block of numbers serves every matrix.
    }

    public void Release(string tensor)
    {
        // One block of numbers serves every matrix.
    }

    // Names of vectors end in their length.
    public float[] Values(string tensor)
    {
        float[] values = new float[int.Parse(tensor[(tensor.LastIndexOf('.') + 1)..], System.Globalization.CultureInfo.InvariantCulture)];
        if (tensor.Contains(".gain.", StringComparison.Ordinal))
        {
            Array.Fill(values, 1 - _spec.Norm.GainOffset);
        }
        else if (tensor.StartsWith("positions", StringComparison.Ordinal))
        {
            var random = new Random((int)Hash(tensor));
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = Deviation * (float)((2 * random.NextDouble()) - 1);
            }
        }

        return values;
    }

    public void Dispose() => _numbers.Dispose();

    private MatrixSource Matrix(string name, int inputs, int outputs) => _numbers.Matrix(inputs, outputs, Hash(name));

    private long Hash(string name)
    {
        ulong h = unchecked((ulong)_seed * 0x9E3779B97F4A7C15UL);
        foreach (char c in name)
        {
            h = unchecked((h ^ c) * 0x100000001B3UL);
        }

        return unchecked((long)h);
    }
}
