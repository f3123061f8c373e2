using System.Text.Json;
using Weir.Engine.Checkpoints;
using Weir.Kernels;

namespace Weir.Cli.Edits;

/// <summary>Reads the vectors of edits, each file once.</summary>
internal sealed class VectorFiles
{
    private const long MostElements = 1 << 28;

    private readonly Dictionary<string, float[]> _read = new(StringComparer.Ordinal);

    /// <summary>The numbers of a file: NAME.safetensors[#TENSOR], NAME.npy or NAME.json.</summary>
    public float[] Read(string file)
    {
        if (!_read.TryGetValue(file, out float[]? values))
        {
            _read[file] = values = Load(file);
        }

        return values;
    }

    private static float[] Load(string file)
    {
        (string path, string? tensor) = SplitTensor(file);
        if (Directory.Exists(path))
        {
            throw new WeirException($"{path} is a directory, not a file with a vector.");
        }

        if (!File.Exists(path))
        {
            throw new WeirException($"The vector file {path} does not exist.");
        }

        float[] values = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".safetensors" => LoadSafetensors(path, tensor),
            ".npy" => NpyFile.Read(path),
            ".json" => LoadJson(path),
            _ => throw new WeirException($"{path} is not a kind of file that holds vectors; use .safetensors, .npy or .json."),
        };
        if (values.Length == 0)
        {
            throw new WeirException($"{file} holds no numbers.");
        }

        int bad = Array.FindIndex(values, v => !float.IsFinite(v));
        return bad < 0 ? values : throw new WeirException($"{file} holds {values[bad]} at place {bad}; a vector's numbers must be finite.");
    }

    private static (string Path, string? Tensor) SplitTensor(string file)
    {
        int hash = file.LastIndexOf(".safetensors#", StringComparison.OrdinalIgnoreCase);
        return hash < 0 ? (file, null) : (file[..(hash + ".safetensors".Length)], file[(hash + ".safetensors#".Length)..]);
    }

    private static float[] LoadSafetensors(string path, string? tensor)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        TensorView view = tensor is not null ? file[tensor]
            : file.Tensors.Count == 1 ? file.Tensors[0]
            : throw new WeirException($"{path} holds {file.Tensors.Count} tensors; name one, such as {Path.GetFileName(path)}#{(file.Tensors.Count == 0 ? "NAME" : file.Tensors[0].Name)}.");
        return view.ElementCount <= MostElements ? view.ToFloat32() : throw TooLarge(path, view.ElementCount);
    }

    private static float[] LoadJson(string path)
    {
        var values = new List<float>();
        try
        {
            using FileStream stream = File.OpenRead(path);
            using JsonDocument document = JsonDocument.Parse(stream);
            Collect(document.RootElement, values, path);
        }
        catch (JsonException e)
        {
            throw new WeirException($"{path} is not valid JSON ({e.Message.TrimEnd('.')}).", e);
        }

        return [.. values];
    }

    private static void Collect(JsonElement element, List<float> values, string path)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Number:
                values.Add(element.GetSingle());
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Collect(item, values, path);
                }

                break;
            default:
                throw new WeirException($"{path} must be an array of numbers, or of arrays of numbers with one row a position; it holds {element.ValueKind switch
                {
                    JsonValueKind.Object => "an object",
                    JsonValueKind.String => "a text",
                    JsonValueKind.Null => "a null",
                    _ => "true or false",
                }}.");
        }
    }

    private static WeirException TooLarge(string path, long count) => new($"{path} holds {count} numbers, more than the {MostElements} that an edit can take.");
}
