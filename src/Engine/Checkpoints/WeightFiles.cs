namespace Weir.Engine.Checkpoints;

/// <summary>The safetensors files of a model's directory, and all their tensors.</summary>
internal sealed class WeightFiles : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";

    private readonly List<(string Name, SafetensorsFile File)> _files = [];
    private readonly Dictionary<string, TensorView> _tensors = new(StringComparer.Ordinal);

    private WeightFiles()
    {
    }

    /// <summary>The files with their names in the directory, ordered by name.</summary>
    public IReadOnlyList<(string Name, SafetensorsFile File)> Files => _files;

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorView> Tensors => _tensors;

    /// <summary>Opens the one file, or else the shards that the index names.</summary>
    public static WeightFiles Open(string directory)
    {
        WeightFiles weights = new();
        try
        {
            if (File.Exists(Path.Combine(directory, Single)))
                weights.Add(directory, Single);
            else if (File.Exists(Path.Combine(directory, Index)))
                weights.AddShards(directory);
            else
                throw NoWeights(directory);
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps all files.</summary>
    public void Dispose()
    {
        foreach ((_, SafetensorsFile file) in _files)
            file.Dispose();
    }

    private void AddShards(string directory)
    {
        string index = Path.Combine(directory, Index);
        Dictionary<string, string> map = ShardIndex.Read(index);
        foreach (string shard in map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (!File.Exists(Path.Combine(directory, shard)))
                throw new CheckpointException(CheckpointError.ShardMissing, Path.Combine(directory, shard), null, $"is named by {Index} and is not there");
            Add(directory, shard);
        }

        foreach ((string tensor, string shard) in map)
        {
            if (_tensors.TryGetValue(tensor, out TensorView? view) && view.File == Path.Combine(directory, shard))
                continue;
            throw new CheckpointException(
                CheckpointError.IndexShardMismatch, index, tensor, $"is not in '{CheckpointException.Shown(shard)}', where it is listed");
        }
    }

    private void Add(string directory, string name)
    {
        SafetensorsFile file = SafetensorsFile.Open(Path.Combine(directory, name));
        _files.Add((name, file));
        foreach (TensorView tensor in file.Tensors)
        {
            if (!_tensors.TryAdd(tensor.Name, tensor))
            {
                throw new CheckpointException(
                    CheckpointError.TensorInTwoShards, file.Path, tensor.Name, $"is also in {_tensors[tensor.Name].File}");
            }
        }
    }

    private static CheckpointException NoWeights(string directory)
    {
        string? pickle = Directory.EnumerateFiles(directory).Select(f => Path.GetFileName(f)!)
            .Where(PickleFiles.IsPickle).Order(StringComparer.Ordinal).FirstOrDefault();
        return pickle is not null
            ? PickleFiles.Refuse(directory, pickle)
            : new(CheckpointError.FileMissing, directory, null, $"has neither {Single} nor {Index}");
    }
}
