using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>A model's weights on a device. Matrices stay as stored; norms, biases and positions are f32.</summary>
internal sealed class ModelWeights : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly ModelSource _names;
    private readonly IDevice _device;
    private readonly IWeightSource _source;
    private readonly IProgress<long>? _progress;
    private long _loaded;

    /// <summary>Takes every weight over; reports bytes taken so far.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="source">Names of its tensors.</param>
    /// <param name="weights">Their numbers; with <paramref name="stream"/> they must stay open.</param>
    /// <param name="device">Where they go.</param>
    /// <param name="progress">Told the bytes taken so far.</param>
    /// <param name="stream">True to hold one block at a time, read when it is asked for.</param>
    public ModelWeights(ModelSpec spec, ModelSource source, IWeightSource weights, IDevice device, IProgress<long>? progress, bool stream)
    {
        _names = source;
        _device = device;
        _source = weights;
        _progress = progress;
        try
        {
            if (!spec.TiedHead)
            {
                Embedding = Take(weights.Matrix(source.Embedding), _owned);
                weights.Release(source.Embedding);
            }

            Head = Linear(source.Head, _owned)!;
            Embedding ??= Head.Matrix;
            if (source.Positions is { } positions)
            {
                float[] values = weights.Values(positions);
                Positions = Upload(values, _owned).Reshape(spec.Embedding.PositionRows, values.Length / spec.Embedding.PositionRows);
            }

            ProjectIn = Linear(source.ProjectIn, _owned);
            ProjectOut = Linear(source.ProjectOut, _owned);
            FinalNorm = Norm(source.FinalNorm, _owned);
            if (stream)
            {
                var blocks = new StreamedBlocks(source.Blocks.Count, (l, owned) => Block(source.Blocks[l], owned));
                _owned.Add(blocks);
                Blocks = blocks;
            }
            else
            {
                Blocks = [.. source.Blocks.Select(b => Block(b, _owned))];
            }

            if (spec.Attention.Rope is { } rope)
            {
                RopeFrequencies = Upload([.. rope.Frequencies], _owned);
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        // What is read later is no part of the loading.
        _progress = null;
    }

    /// <summary>[vocabulary, embedding width]; the head's matrix where tied.</summary>
    public WeightMatrix Embedding { get; }

    /// <summary>F32 [rows, width], or absent.</summary>
    public Tensor Positions { get; }

    public LinearWeights? ProjectIn { get; }

    public LinearWeights? ProjectOut { get; }

    public NormWeights? FinalNorm { get; }

    public LinearWeights Head { get; }

    public IReadOnlyList<BlockWeights> Blocks { get; }

    /// <summary>F32 [pairs], or absent.</summary>
    public Tensor RopeFrequencies { get; }

    public void Dispose()
    {
        foreach (IDisposable item in _owned)
        {
            item.Dispose();
        }

        _owned.Clear();
    }

    /// <summary>Type of the weights that make a layer's keys and values.</summary>
    public ElementType KeyValueType(int layer) => Blocks is StreamedBlocks
        ? _source.Matrix(_names.Blocks[layer].QueryKeyValue).Type
        : Blocks[layer].QueryKeyValue.Matrix.Type;

    /// <summary>Stored bytes of a block's matrices.</summary>
    public static long BlockBytes(IWeightSource weights, BlockSource block) =>
        new[] { block.QueryKeyValue, block.AttentionOutput, block.MlpInput, block.MlpOutput }.Sum(m => Bytes(weights.Matrix(m)));

    /// <summary>Stored bytes of the matrices that the constructor takes over; streamed blocks are read later.</summary>
    public static long LoadedBytes(ModelSpec spec, ModelSource source, IWeightSource weights, bool stream) =>
        new[] { source.Head, source.ProjectIn, source.ProjectOut }.OfType<LinearSource>().Sum(m => Bytes(weights.Matrix(m)))
            + (spec.TiedHead ? 0 : Bytes(weights.Matrix(source.Embedding)))
            + (stream ? 0 : source.Blocks.Sum(b => BlockBytes(weights, b)));

    private BlockWeights Block(BlockSource b, List<IDisposable> owned) => new()
    {
        AttentionNorm = Norm(b.AttentionNorm, owned),
        AttentionPostNorm = Norm(b.AttentionPostNorm, owned),
        MlpNorm = Norm(b.MlpNorm, owned),
        MlpPostNorm = Norm(b.MlpPostNorm, owned),
        QueryNorm = Norm(b.QueryNorm, owned),
        KeyNorm = Norm(b.KeyNorm, owned),
        QueryKeyValue = Linear(b.QueryKeyValue, owned)!,
        AttentionOutput = Linear(b.AttentionOutput, owned)!,
        MlpInput = Linear(b.MlpInput, owned)!,
        MlpOutput = Linear(b.MlpOutput, owned)!,
    };

    private LinearWeights? Linear(LinearSource? source, List<IDisposable> owned)
    {
        if (source is null)
        {
            return null;
        }

        WeightMatrix matrix = Take(_source.Matrix(source), owned);
        _source.Release(source);
        Tensor bias = default;
        if (source.Bias is { } slices)
        {
            bias = Upload([.. slices.SelectMany(s => _source.Values(s.Tensor).Skip(s.Start).Take(s.Count))], owned);
        }

        return new LinearWeights(matrix, bias);
    }

    private NormWeights? Norm(NormSource? source, List<IDisposable> owned) => source is null
        ? null
        : new NormWeights(
            Upload(source.Gain is { } gain ? _source.Values(gain) : Ones(source.Width), owned),
            source.Bias is { } bias ? Upload(_source.Values(bias), owned) : default);

    private static long Bytes(MatrixSource source) => (long)source.Inputs * source.Outputs * source.Type.Size();

    private static float[] Ones(int count)
    {
        float[] ones = new float[count];
        Array.Fill(ones, 1);
        return ones;
    }

    private WeightMatrix Take(MatrixSource source, List<IDisposable> owned)
    {
        WeightMatrix matrix = _device.Load(source);
        owned.Add(matrix);
        _loaded += Bytes(source);
        _progress?.Report(_loaded);
        return matrix;
    }

    private Tensor Upload(float[] values, List<IDisposable> owned)
    {
        DeviceBuffer buffer = _device.Allocate((long)values.Length * sizeof(float));
        owned.Add(buffer);
        var tensor = new Tensor(buffer, 0, new Shape(values.Length));
        _device.Write(tensor, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return tensor;
    }
}
