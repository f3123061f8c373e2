using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Engine.Weights;

/// <summary>A model's weights on a device. Matrices stay as stored; norms, biases and positions are f32.</summary>
internal sealed class ModelWeights : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly IDevice _device;
    private readonly IWeightSource _source;
    private readonly IProgress<long>? _progress;
    private long _loaded;

    /// <summary>Takes every weight over; reports bytes taken so far.</summary>
    public ModelWeights(ModelSpec spec, ModelSource source, IWeightSource weights, IDevice device, IProgress<long>? progress)
    {
        _device = device;
        _source = weights;
        _progress = progress;
        try
        {
            if (!spec.TiedHead)
            {
                Embedding = Take(weights.Matrix(source.Embedding));
                weights.Release(source.Embedding);
            }

            Head = Linear(source.Head)!;
            Embedding ??= Head.Matrix;
            if (source.Positions is { } positions)
            {
                float[] values = weights.Values(positions);
                Positions = Upload(values).Reshape(spec.Embedding.PositionRows, values.Length / spec.Embedding.PositionRows);
            }

            ProjectIn = Linear(source.ProjectIn);
            ProjectOut = Linear(source.ProjectOut);
            FinalNorm = Norm(source.FinalNorm);
            Blocks = [.. source.Blocks.Select(Block)];
            if (spec.Attention.Rope is { } rope)
            {
                RopeFrequencies = Upload([.. rope.Frequencies]);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
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

    private BlockWeights Block(BlockSource b) => new()
    {
        AttentionNorm = Norm(b.AttentionNorm),
        AttentionPostNorm = Norm(b.AttentionPostNorm),
        MlpNorm = Norm(b.MlpNorm),
        MlpPostNorm = Norm(b.MlpPostNorm),
        QueryNorm = Norm(b.QueryNorm),
        KeyNorm = Norm(b.KeyNorm),
        QueryKeyValue = Linear(b.QueryKeyValue)!,
        AttentionOutput = Linear(b.AttentionOutput)!,
        MlpInput = Linear(b.MlpInput)!,
        MlpOutput = Linear(b.MlpOutput)!,
    };

    private LinearWeights? Linear(LinearSource? source)
    {
        if (source is null)
        {
            return null;
        }

        WeightMatrix matrix = Take(_source.Matrix(source));
        _source.Release(source);
        Tensor bias = default;
        if (source.Bias is { } slices)
        {
            bias = Upload([.. slices.SelectMany(s => _source.Values(s.Tensor).Skip(s.Start).Take(s.Count))]);
        }

        return new LinearWeights(matrix, bias);
    }

    private NormWeights? Norm(NormSource? source) => source is null
        ? null
        : new NormWeights(Upload(source.Gain is { } gain ? _source.Values(gain) : Ones(source.Width)), source.Bias is { } bias ? Upload(_source.Values(bias)) : default);

    private static float[] Ones(int count)
    {
        float[] ones = new float[count];
        Array.Fill(ones, 1);
        return ones;
    }

    private WeightMatrix Take(MatrixSource source)
    {
        WeightMatrix matrix = _device.Load(source);
        _owned.Add(matrix);
        _loaded += (long)source.Inputs * source.Outputs * source.Type.Size();
        _progress?.Report(_loaded);
        return matrix;
    }

    private Tensor Upload(float[] values)
    {
        DeviceBuffer buffer = _device.Allocate((long)values.Length * sizeof(float));
        _owned.Add(buffer);
        var tensor = new Tensor(buffer, 0, new Shape(values.Length));
        _device.Write(tensor, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return tensor;
    }
}
