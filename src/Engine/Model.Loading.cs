using Weir.Engine.Checkpoints;
using Weir.Engine.Families;
using Weir.Engine.Tokenizers;
using Weir.Engine.Weights;
using Weir.Kernels;

namespace Weir.Engine;

public sealed partial class Model
{
    private readonly string? _tokenizerPath;
    private ITokenizer? _tokenizer;
    private Checkpoint? _checkpoint;

    /// <summary>The directory it was loaded from; empty for a model of random weights.</summary>
    public string Location { get; private init; } = "";

    /// <summary>Names the model in results; see <see cref="Checkpoint.Hash"/>.</summary>
    public string Hash { get; private init; } = "";

    /// <summary>The tokenizer of the directory's tokenizer.json, read when it is first needed.</summary>
    /// <exception cref="WeirException">There is none, or it is not of a kind that Weir reads.</exception>
    public ITokenizer Tokenizer => _tokenizer ??= _tokenizerPath is not null && File.Exists(_tokenizerPath)
        ? TokenizerFile.Load(_tokenizerPath, Spec)
        : throw new WeirException($"FileMissing: {Location} has no tokenizer.json; add it, or give token ids instead of text.");

    /// <summary>True where there is a tokenizer.json.</summary>
    public bool HasTokenizer => _tokenizer is not null || (_tokenizerPath is not null && File.Exists(_tokenizerPath));

    /// <summary>Loads a Hugging Face model directory.</summary>
    /// <exception cref="WeirException">The directory is not a model that Weir can run; the message says why.</exception>
    public static Model Load(string directory, LoadOptions? options = null)
    {
        options ??= new LoadOptions();
        Checkpoint checkpoint = Checkpoint.Open(directory);
        IDevice? device = options.Device;
        try
        {
            if (options.WeightType is { } type)
            {
                checkpoint.RequireWeightType(type);
            }

            device ??= Devices.OpenDefault();
            var weights = new CheckpointWeights(checkpoint);
            long resident = checkpoint.WeightBytes - (options.StreamWeights ? StreamedBytes(weights, checkpoint) : 0);
            if (device.AvailableBytes is { } available && resident > available)
            {
                string way = options.StreamWeights ? "use a smaller model or free memory" : "use a smaller model, free memory, or hold one block at a time with --stream-weights (LoadOptions.StreamWeights)";
                throw new WeirException($"OutOfMemory: the weights of {directory} take {resident / 1073741824.0:F1} GiB, but {device.Name} has {available / 1073741824.0:F1} GiB free; {way}.");
            }

            IProgress<long>? progress = options.Progress is { } p ? new ByteProgress(p, ModelWeights.LoadedBytes(checkpoint.Spec, checkpoint.Source, weights, options.StreamWeights)) : null;
            var model = new Model(checkpoint.Spec, checkpoint.Source, weights, device, options.Device is null, progress, Path.Combine(directory, "tokenizer.json"), options.StreamWeights)
            {
                Location = directory,
                Hash = checkpoint.Hash,
                WeightBytes = checkpoint.WeightBytes,
                ResidentWeightBytes = resident,
            };
            if (options.StreamWeights)
            {
                model._checkpoint = checkpoint;
            }
            else
            {
                checkpoint.Dispose();
            }

            return model;
        }
        catch
        {
            checkpoint.Dispose();
            if (options.Device is null)
            {
                device?.Dispose();
            }

            throw;
        }
    }

    // All blocks but the largest.
    private static long StreamedBytes(CheckpointWeights weights, Checkpoint checkpoint)
    {
        long[] blocks = [.. checkpoint.Source.Blocks.Select(b => ModelWeights.BlockBytes(weights, b))];
        return blocks.Sum() - blocks.DefaultIfEmpty(0).Max();
    }

    /// <summary>
    /// Makes a model of random weights, for measurements in a true shape without a checkpoint. It has no tokenizer.
    /// </summary>
    /// <param name="spec">The shape.</param>
    /// <param name="seed">The same seed gives the same model.</param>
    /// <param name="type">Element type of the matrices.</param>
    /// <param name="device">Where it runs; it stays the caller's.</param>
    public static Model Random(ModelSpec spec, long seed, ElementType type, IDevice device)
    {
        using var weights = new RandomWeights(spec, seed, type);
        return new Model(spec, RandomWeights.Source(spec), weights, device, ownsDevice: false, progress: null, tokenizerPath: null);
    }

    /// <summary>
    /// Token ids of a text as the family expects them: with the tokenizer's own special tokens, and with the family's
    /// begin token in front exactly once.
    /// </summary>
    public int[] Encode(string text) => Encode(Tokenizer, Spec, text);

    /// <summary>The same for a tokenizer and a description whose weights are not loaded.</summary>
    public static int[] Encode(ITokenizer tokenizer, ModelSpec spec, string text)
    {
        int[] ids = tokenizer.Encode(text, addSpecialTokens: true);
        if (spec.BeginToken is not { } begin)
        {
            return ids;
        }

        return ids.Length == 0 || ids[0] != begin ? [begin, .. ids]
            : ids.Length > 1 && ids[1] == begin ? ids[1..]
            : ids;
    }

    private sealed class ByteProgress(IProgress<double> progress, long total) : IProgress<long>
    {
        public void Report(long value) => progress.Report((double)value / total);
    }
}
