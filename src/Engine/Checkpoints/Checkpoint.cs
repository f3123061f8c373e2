using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Weir.Engine.Families;
using Weir.Kernels;

namespace Weir.Engine.Checkpoints;

/// <summary>
/// A Hugging Face model directory: config.json, generation_config.json where there is one, and safetensors weights in one
/// file or in shards. Opening validates everything that can be validated without reading the weights; after it, every
/// tensor that <see cref="Source"/> names is there with the shape that <see cref="Spec"/> implies.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private const string ConfigName = "config.json";
    private const string GenerationConfigName = "generation_config.json";

    private readonly WeightFiles _weights;

    private Checkpoint(string directory, WeightFiles weights, ModelSpec spec, ModelSource source, TensorCatalog used, string hash)
    {
        Location = directory;
        _weights = weights;
        Spec = spec;
        Source = source;
        WeightBytes = used.UsedBytes;
        Parameters = used.Used.Sum(t => t.ElementCount);
        StoredTypes = [.. used.Used.GroupBy(t => t.Type.WeightType()!.Value)
            .OrderByDescending(g => g.Sum(t => t.ByteLength)).Select(g => g.Key)];
        Hash = hash;
    }

    /// <summary>The directory.</summary>
    public string Location { get; }

    /// <summary>What the forward pass is made of.</summary>
    public ModelSpec Spec { get; }

    /// <summary>Where its weights stand.</summary>
    public ModelSource Source { get; }

    /// <summary>Bytes of the tensors that <see cref="Source"/> names, each counted once.</summary>
    public long WeightBytes { get; }

    /// <summary>Elements of the tensors that <see cref="Source"/> names, each counted once.</summary>
    public long Parameters { get; }

    /// <summary>The element types that the weights are stored in, the one with most bytes first.</summary>
    public IReadOnlyList<ElementType> StoredTypes { get; }

    /// <summary>
    /// Names the model in result files: SHA-256, in hexadecimal, over config.json's bytes, each weight file's name, size and
    /// header, and of each tensor the first, middle and last bytes (up to 1024 each). It costs no reading of all weights, and
    /// tells a model from its conversions and from what was trained further; two files that differ in a few numbers in
    /// between have the same hash.
    /// </summary>
    public string Hash { get; }

    /// <summary>The weight files.</summary>
    public IReadOnlyList<SafetensorsFile> Files => [.. _weights.Files.Select(f => f.File)];

    /// <summary>Opens a model's directory; every refusal is a <see cref="CheckpointException"/>.</summary>
    public static Checkpoint Open(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        RequireDirectory(directory);
        WeightFiles weights = WeightFiles.Open(directory);
        try
        {
            return Read(directory, weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>A tensor by its name; a named error where the checkpoint has none of it.</summary>
    public TensorView Tensor(string name) => Find(name)
        ?? throw new CheckpointException(CheckpointError.TensorMissing, Location, name, "is not in the checkpoint");

    /// <summary>A tensor by its name, or null.</summary>
    public TensorView? Find(string name) => _weights.Tensors.GetValueOrDefault(name);

    /// <summary>
    /// Refuses a checkpoint whose weights are not all stored in a type that the caller relies on: Weir runs weights as they
    /// are stored and never replaces one type by another.
    /// </summary>
    public void RequireWeightType(ElementType type)
    {
        if (StoredTypes.Any(t => t != type))
        {
            throw new CheckpointException(
                CheckpointError.DTypeUnavailable, Location, null, $"has weights stored as {string.Join(" and ", StoredTypes.Select(t => t.Name()))}, not all as {type.Name()}", "convert the checkpoint, or ask for no type");
        }
    }

    /// <summary>Unmaps the weights; the tensors' views fail from here on.</summary>
    public void Dispose() => _weights.Dispose();

    private static Checkpoint Read(string directory, WeightFiles weights)
    {
        string configPath = Path.Combine(directory, ConfigName);
        byte[] configBytes = JsonFile.ReadBytes(configPath);
        using JsonDocument document = JsonFile.Parse(configBytes, configPath);
        ConfigReader config = new(document.RootElement, configPath);
        string generationPath = Path.Combine(directory, GenerationConfigName);
        using JsonDocument? generation = File.Exists(generationPath)
            ? JsonFile.Parse(JsonFile.ReadBytes(generationPath), generationPath)
            : null;
        ModelFamily family = FamilyRegistry.Find(config);
        ModelSpec spec = FamilyRegistry.ReadSpec(
            config, generation is null ? null : new(generation.RootElement, generationPath), family);
        TensorCatalog tensors = new(directory, weights.Tensors);
        ModelSource source = family.ReadSource(spec, config, tensors);
        List<string> warnings = [.. spec.Warnings, .. tensors.CheckLeftovers(family.Head, family.Buffers)];
        if (family.Warning(tensors.Used.Select(t => t.Type).ToHashSet()) is { } warning)
            warnings.Add(warning);
        return new(directory, weights, spec with { Warnings = warnings }, source, tensors, ComputeHash(configBytes, weights));
    }

    private static void RequireDirectory(string directory)
    {
        if (Directory.Exists(directory))
            return;
        if (File.Exists(directory) && PickleFiles.IsPickle(directory))
            throw PickleFiles.Refuse(directory, Path.GetFileName(directory));
        throw new CheckpointException(
            CheckpointError.FileMissing, directory, null, File.Exists(directory) ? "is a file" : "does not exist");
    }

    private static string ComputeHash(byte[] config, WeightFiles weights)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(config);
        foreach ((string name, SafetensorsFile file) in weights.Files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{name}\n{file.Length}\n"));
            hash.AppendData(file.HeaderBytes);
            foreach (TensorView tensor in file.Tensors)
                AppendSample(hash, tensor);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static unsafe void AppendSample(IncrementalHash hash, TensorView tensor)
    {
        int length = (int)Math.Min(1024, tensor.ByteLength);
        foreach (long start in (ReadOnlySpan<long>)[0, (tensor.ByteLength - length) / 2, tensor.ByteLength - length])
            hash.AppendData(new ReadOnlySpan<byte>((byte*)tensor.Pointer + start, length));
    }
}
